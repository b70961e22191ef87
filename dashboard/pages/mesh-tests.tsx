import type { Answer } from "../../shared/api/endpoints.ts";
import { type RowOf, useApi, useMayWrite, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EditMeshTest, NewMeshTest } from "./mesh-test-form.tsx";

type Test = RowOf<"meshTests.list">;
type Outcome = Answer<"meshTests.run">["items"][number];

export default function MeshTests({ path: [id] }: PageProps) {
  if (id === undefined) return <TestList />;
  return id === "new" ? <NewMeshTest /> : <EditMeshTest id={id} />;
}

function TestList() {
  const search = useListSearch("Name");
  const tests = usePages("meshTests.list", { query: search.query });
  const run = useApi("meshTests.run", {});
  const mayWrite = useMayWrite();
  const columns: readonly Column<Test>[] = [
    {
      header: "Test",
      cell: (test) => <a href={routeTo("mesh-tests", test.id)}>{test.name}</a>,
      sort: (test) => test.name,
      className: "long",
    },
    { header: "From", cell: (test) => <code>{test.from}</code>, className: "wide" },
    { header: "Now", cell: (test) => <State outcomes={run.data?.items} test={test.id} />, className: "wide" },
  ];
  return (
    <>
      <PageHead title="Rule tests">
        {mayWrite && (
          <a className="button" href={routeTo("mesh-tests", "new")}>
            Add a test
          </a>
        )}
      </PageHead>
      <p className="muted">
        What <a href={routeTo("mesh-rules")}>node rules</a> must let pass, and what they may not. A change of
        rules, microsegments or nodes that breaks a test is refused.
      </p>
      {search.field}
      <Loaded query={tests}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>{search.isAsked ? "Nothing fits." : "There is no test yet."}</Empty>
          ) : (
            <DataTable
              caption="Tests of node rules"
              columns={columns}
              rows={rows}
              keyOf={(test) => test.id}
              pages={tests}
            />
          )
        }
      </Loaded>
      <ShowMore pages={tests} />
    </>
  );
}

const BADGES = {
  passed: ["good", "passes"],
  failed: ["bad", "fails"],
  too_wide: ["bad", "too wide"],
  idle: ["warn", "tries nothing"],
} as const;

/** What comes of each target of a test now. */
function State({
  outcomes,
  test,
}: {
  readonly outcomes: readonly Outcome[] | undefined;
  readonly test: string;
}) {
  return (
    <ul className="entries">
      {(outcomes ?? [])
        .filter((outcome) => outcome.test === test)
        .map(({ expects, target, result, detail }) => (
          <li key={`${expects} ${target}`}>
            <span className={`badge ${BADGES[result][0]}`}>{BADGES[result][1]}</span> {expects}{" "}
            <code>{target}</code>
            {result === "failed" && <span className="muted"> {detail}</span>}
          </li>
        ))}
    </ul>
  );
}
