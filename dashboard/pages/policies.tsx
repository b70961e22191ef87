import { type RowOf, useMayWrite, usePages } from "../api.ts";
import { OnOff } from "../components/badges.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatMoment } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EditPolicy, NewPolicy } from "./policy-page.tsx";
import { Tester } from "./tester.tsx";

export default function Policies({ path: [id] }: PageProps) {
  if (id === undefined) return <PolicyList />;
  if (id === "new") return <NewPolicy />;
  if (id === "test") return <TestPolicies />;
  return <EditPolicy id={id} />;
}

const COLUMNS: readonly Column<RowOf<"policies.list">>[] = [
  { header: "Policy", cell: (policy) => <a href={routeTo("policies", policy.id)}>{policy.name}</a> },
  { header: "Version", cell: (policy) => policy.currentVersion },
  { header: "Changed", cell: (policy) => formatMoment(policy.updatedAt), className: "wide" },
  { header: "State", cell: (policy) => <OnOff on={policy.enabled} /> },
];

function PolicyList() {
  const search = useListSearch("Name, or what the text says");
  const policies = usePages("policies.list", { query: search.query });
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Policies">
        <a className="button plain" href={routeTo("policies", "test")}>
          Test access
        </a>
        {mayWrite && (
          <a className="button" href={routeTo("policies", "new")}>
            Write a policy
          </a>
        )}
      </PageHead>
      {search.field}
      <Loaded query={policies}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked ? "Nothing fits." : "No policy is published, so nobody may open anything."}
            </Empty>
          ) : (
            <DataTable caption="Policies" columns={COLUMNS} rows={rows} keyOf={(policy) => policy.id} />
          )
        }
      </Loaded>
      <ShowMore pages={policies} />
    </>
  );
}

function TestPolicies() {
  return (
    <>
      <PageHead title="Test access" />
      <p className="muted">Asks the published policies. Nothing is changed and nobody is let in.</p>
      <Tester draft={null} />
    </>
  );
}
