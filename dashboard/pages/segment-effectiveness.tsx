import type { Answer } from "../../shared/api/endpoints.ts";
import { percent } from "../../shared/api/suggestion-words.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";

type Judged = Answer<"microsegments.effectiveness">;
type Item = Judged["items"][number];

const used = ({ pairs, used }: Item["inbound"]): string =>
  pairs === 0 ? "nothing permitted" : `${percent(used / pairs)} of ${formatCount(pairs)} pairs`;
const round = (mean: number): number => Math.round(mean * 10) / 10;

const COLUMNS: readonly Column<Item>[] = [
  {
    header: "Segment",
    cell: ({ name, kind }) => (kind === "home" ? `${name} (home)` : name),
    sort: ({ name }) => name,
    className: "long",
  },
  { header: "Nodes", cell: ({ members }) => formatCount(members), sort: ({ members }) => members },
  { header: "Used of what is let in", cell: ({ inbound }) => used(inbound), className: "wide" },
  { header: "Used of what it may open", cell: ({ outbound }) => used(outbound), className: "wide" },
  {
    header: "Denied from outside",
    cell: ({ deniedIn }) => formatCount(deniedIn.connections),
    sort: ({ deniedIn }) => deniedIn.connections,
    className: "wide",
  },
  {
    header: "A member reaches",
    cell: ({ reach }) =>
      `${round(reach.today.mean)} nodes, at most ${reach.today.max}; ${round(reach.used.mean)} by what was used`,
    sort: ({ reach }) => reach.today.mean,
    className: "wide",
  },
  {
    header: "Through others",
    cell: ({ reach }) => `${round(reach.through.mean)} nodes, at most ${reach.through.max}`,
    sort: ({ reach }) => reach.through.mean,
    className: "wide",
  },
  {
    header: "Rules hit",
    cell: ({ rules }) =>
      rules.hit === null ? `unknown, of ${rules.total}` : `${rules.hit} of ${rules.total}`,
    sort: ({ rules }) => rules.hit ?? -1,
  },
];

/** How far what segments permit is used, and how far a break-in would reach. */
export function SegmentEffectiveness() {
  const judged = useApi("microsegments.effectiveness", {});
  return (
    <section className="card">
      <h2>How well they close off</h2>
      <Loaded query={judged}>{(data) => <Table judged={data} />}</Loaded>
    </section>
  );
}

function Table({ judged: { items, since, missing, truncated } }: { readonly judged: Judged }) {
  if (items.length === 0) return <Empty>There are no nodes yet.</Empty>;
  return (
    <>
      <p className="muted">
        {since === null ? (
          "No node has reported flows yet, so nothing looks used."
        ) : (
          <>
            By flows that nodes report, since <Moment at={since} /> at the earliest. A pair is one node that
            may open something to another.
          </>
        )}
      </p>
      {missing.length > 0 && <p className="badge warn">Could not be asked: {missing.join(", ")}</p>}
      {truncated && <p className="badge warn">A segment has more flows than were read.</p>}
      <DataTable caption="Effectiveness of segments" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
    </>
  );
}
