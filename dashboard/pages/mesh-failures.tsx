import type { Answer } from "../../shared/api/endpoints.ts";
import { faultInWords } from "../../shared/api/path-words.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { formatLength } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { WhyPath } from "./why-path.tsx";

type Failure = Answer<"mesh.failures">["items"][number];

const lengthOf = ({ suspectedAt, endedAt }: Failure): number => (endedAt ?? Date.now()) - suspectedAt;

const WHAT: Column<Failure> = {
  header: "What",
  cell: ({ node, name, kind, to, toName }) => (
    <>
      <a href={routeTo("nodes", node)}>{name}</a> {faultInWords(kind, toName)}
      {to !== null && (
        <>
          {" "}
          (<WhyPath from={node} to={to} toName={toName ?? to} />)
        </>
      )}
    </>
  ),
  sort: ({ name }) => name,
  className: "long",
};
const HOW_SURE: Column<Failure> = {
  header: "How sure",
  cell: ({ confirmedAt }) =>
    confirmedAt === null ? (
      <span className="badge warn">suspected</span>
    ) : (
      <span className="badge bad">certain</span>
    ),
};
const TIMES: readonly Column<Failure>[] = [
  {
    header: "Began",
    cell: ({ suspectedAt }) => <Moment at={suspectedAt} />,
    sort: ({ suspectedAt }) => suspectedAt,
    className: "when",
  },
  { header: "Lasted", cell: (failure) => formatLength(lengthOf(failure)), sort: lengthOf },
  { header: "Said by", cell: ({ observers }) => observers.join(", "), className: "wide" },
  { header: "Segment", cell: ({ segment }) => segment, className: "wide" },
];
const OPEN = [WHAT, HOW_SURE, ...TIMES];
const ENDED = [WHAT, ...TIMES];

/** What fails and what failed, in plain words. */
export function MeshFailures({ failures }: { readonly failures: readonly Failure[] }) {
  return (
    <>
      <section className="card">
        <h2>What fails now</h2>
        <FailureTable
          caption="What fails now"
          columns={OPEN}
          rows={failures.filter(({ endedAt }) => endedAt === null)}
          none="Nothing that nodes or the hub noticed."
        />
      </section>
      <section className="card">
        <h2>What failed before</h2>
        <FailureTable
          caption="What failed before"
          columns={ENDED}
          rows={failures.filter(({ endedAt }) => endedAt !== null)}
          none="Nothing yet."
        />
      </section>
    </>
  );
}

interface FailureTable {
  readonly caption: string;
  readonly columns: readonly Column<Failure>[];
  readonly rows: readonly Failure[];
  readonly none: string;
}

function FailureTable({ caption, columns, rows, none }: FailureTable) {
  if (rows.length === 0) return <p className="muted">{none}</p>;
  return <DataTable caption={caption} columns={columns} rows={rows} keyOf={keyOf} />;
}

const keyOf = ({ segment, kind, node, to, suspectedAt }: Failure): string =>
  [segment, kind, node, to, suspectedAt].join(" ");
