import type { Answer } from "../../shared/api/endpoints.ts";
import { type RowOf, useApi, useMayWrite, usePages } from "../api.ts";
import { OnOff } from "../components/badges.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { NewPolicy } from "./policy-new.tsx";
import { EditPolicy } from "./policy-page.tsx";
import { OneVersion } from "./policy-version.tsx";
import { Tester } from "./tester.tsx";

export default function Policies({ path: [id, part, number] }: PageProps) {
  if (id === undefined) return <PolicyList />;
  if (id === "new") return <NewPolicy />;
  if (id === "test") return <TestPolicies />;
  if (part === "versions" && number !== undefined) return <OneVersion policyId={id} number={number} />;
  return <EditPolicy id={id} />;
}

const COLUMNS: readonly Column<RowOf<"policies.list">>[] = [
  { header: "Policy", cell: (policy) => <a href={routeTo("policies", policy.id)}>{policy.name}</a> },
  { header: "Version", cell: (policy) => policy.currentVersion },
  { header: "Changed", cell: (policy) => <Moment at={policy.updatedAt} />, className: "wide" },
  {
    header: "State",
    cell: ({ enabled, shadow }) =>
      shadow ? <span className="badge warn">in shadow</span> : <OnOff on={enabled} />,
  },
];

type Covered = Answer<"policies.coverage">["policies"][number];

/** What a policy did of late. One that was never needed may be a mistake, or may go. */
function Coverage({ found }: { readonly found: Covered | undefined }) {
  if (!found) return null;
  const { decisions, changes, shadow, enabled } = found;
  if (shadow) return `${formatCount(changes)} would change`;
  if (decisions > 0) return formatCount(decisions);
  return enabled ? <span className="badge warn">never</span> : "none";
}

function PolicyList() {
  const search = useListSearch("Name, or what the text says");
  const policies = usePages("policies.list", { query: search.query });
  const mayWrite = useMayWrite();
  const coverage = useApi("policies.coverage", {});
  const covered = new Map(coverage.data?.policies.map((policy) => [policy.id, policy]));
  const columns: typeof COLUMNS = [
    ...COLUMNS,
    {
      header: "Decisions in 30 days",
      cell: ({ id }) => <Coverage found={covered.get(id)} />,
      className: "wide",
    },
  ];
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
            <DataTable caption="Policies" columns={columns} rows={rows} keyOf={(policy) => policy.id} />
          )
        }
      </Loaded>
      <ShowMore pages={policies} />
      {coverage.data && coverage.data.countedSince > coverage.data.since && (
        <p className="muted">
          Decisions are counted since <Moment at={coverage.data.countedSince} />.
        </p>
      )}
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
