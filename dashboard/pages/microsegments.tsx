import { type RowOf, useMayWrite, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EditMicrosegment, NewMicrosegment } from "./microsegment-form.tsx";
import { SegmentEffectiveness } from "./segment-effectiveness.tsx";

type Microsegment = RowOf<"microsegments.list">;

export default function Microsegments({ path: [id] }: PageProps) {
  if (id === undefined) return <MicrosegmentList />;
  return id === "new" ? <NewMicrosegment /> : <EditMicrosegment id={id} />;
}

const COLUMNS: readonly Column<Microsegment>[] = [
  {
    header: "Microsegment",
    cell: (row) => <a href={routeTo("microsegments", row.id)}>{row.name}</a>,
    sort: (row) => row.name,
    className: "long",
  },
  { header: "Type", cell: (row) => row.type, sort: (row) => row.type },
  {
    header: "Isolation",
    cell: (row) => <IsolationBadge level={row.isolation} />,
    sort: (row) => row.isolation,
  },
  {
    header: "Members",
    cell: (row) => (row.where === "" ? "only those listed" : <code>{row.where}</code>),
    className: "wide",
  },
];

const TONES = { open: "good", standard: "", strict: "warn", quarantine: "bad" } as const;

export function IsolationBadge({ level }: { readonly level: Microsegment["isolation"] }) {
  return <span className={`badge ${TONES[level]}`.trim()}>{level}</span>;
}

function MicrosegmentList() {
  const search = useListSearch("Name, description or criterion");
  const microsegments = usePages("microsegments.list", { query: search.query });
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Microsegments">
        {mayWrite && (
          <a className="button" href={routeTo("microsegments", "new")}>
            Add a microsegment
          </a>
        )}
      </PageHead>
      <p className="muted">
        Sets of nodes by what is known of them. A node may be in many, and joins or leaves as the facts
        change. <a href={routeTo("mesh-rules")}>Node rules</a> name them as <code>segment:NAME</code>.
      </p>
      {search.field}
      <Loaded query={microsegments}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>{search.isAsked ? "Nothing fits." : "There is no microsegment yet."}</Empty>
          ) : (
            <DataTable
              caption="Microsegments"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => row.id}
              pages={microsegments}
            />
          )
        }
      </Loaded>
      <ShowMore pages={microsegments} />
      <SegmentEffectiveness />
    </>
  );
}
