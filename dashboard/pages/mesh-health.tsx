import type { Answer } from "../../shared/api/endpoints.ts";
import { milliseconds, percent } from "../../shared/api/path-words.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { type Loadable, Loaded } from "../components/states.tsx";
import { formatCount, formatLength } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { MeshFailures } from "./mesh-failures.tsx";
import { MeshPair } from "./mesh-pair.tsx";
import { type UsedPath, usedPathColumns } from "./path-columns.tsx";

type Health = Answer<"mesh.health">;

const EVERY = 15_000;
const WORST = 20;

/** How nodes reach each other: in figures, what failed, the worst paths, and behind it the paths of one pair. */
export default function MeshHealth({ path: [from, to] }: PageProps) {
  return from === undefined || to === undefined ? <WholeMesh /> : <MeshPair from={from} to={to} />;
}

function WholeMesh() {
  const health = useApi("mesh.health", {}, { every: EVERY });
  const failures = useApi("mesh.failures", {}, { every: EVERY });
  const worst = useApi("mesh.status", { query: { limit: WORST } }, { every: EVERY });
  // A part waits for those above it, so that none is pushed down while it is read.
  return (
    <>
      <PageHead title="Health of the mesh" />
      <p className="muted">
        By which paths nodes reach each other, and how well, as they measure it themselves. Each direction of
        a pair counts.
      </p>
      <Loaded query={health}>{(data) => <Figures health={data} />}</Loaded>
      {isSettled(health) && (
        <Loaded query={failures}>{({ items }) => <MeshFailures failures={items} />}</Loaded>
      )}
      {isSettled(health) && isSettled(failures) && <WorstPaths query={worst} />}
    </>
  );
}

const isSettled = ({ data, error }: { readonly data: unknown; readonly error: unknown }): boolean =>
  data !== undefined || error !== null;

function Figures({
  health: { nodes, paths, rttMs, loss, moves, failures, missing },
}: {
  readonly health: Health;
}) {
  const figures = [
    ["Nodes online", `${formatCount(nodes.online)} of ${formatCount(nodes.all)}`],
    ["Direct paths", formatCount(paths.direct)],
    ["Through a relay", formatCount(paths.relay)],
    ["Through the edge relay", formatCount(paths.edge)],
    ["No answer", formatCount(paths.silent)],
    ["Not measured", formatCount(paths.unreported)],
    ["Round trip, median", milliseconds(rttMs?.median ?? null)],
    ["Round trip, 95 % within", milliseconds(rttMs?.p95 ?? null)],
    ["Probes lost", percent(loss)],
    ["Paths changed in an hour", formatCount(moves)],
    ["Failures now", formatCount(failures.open)],
    ["Suspected now", formatCount(failures.suspected)],
    ["Failures over in a day", formatCount(failures.endedLastDay)],
    ["They lasted, median", failures.medianMs === null ? "-" : formatLength(failures.medianMs)],
  ] as const;
  return (
    <>
      {missing.length > 0 && (
        <p className="notice warn" role="status">
          These segments did not answer, and are missing in what is shown: {missing.join(", ")}.
        </p>
      )}
      <dl className="figures">
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const COLUMNS: readonly Column<UsedPath>[] = [
  {
    header: "From",
    cell: ({ node, name }) => <a href={routeTo("nodes", node)}>{name}</a>,
    sort: ({ name }) => name,
    className: "long",
  },
  ...usedPathColumns("To"),
];

function WorstPaths({ query }: { readonly query: Loadable<Answer<"mesh.status">> }) {
  return (
    <section className="card">
      <h2>Paths in use, the worst first</h2>
      <Loaded query={query}>
        {({ items, truncated }) =>
          items.length === 0 ? (
            <p className="muted">No node has measured a path yet.</p>
          ) : (
            <>
              <DataTable
                caption="Paths in use, the worst first"
                columns={COLUMNS}
                rows={items}
                keyOf={({ node, peer }) => `${node} ${peer}`}
              />
              {truncated && (
                <p className="muted">
                  There are better ones, too: a node's page shows all of its own, and{" "}
                  <code>rustronaut mesh status</code> more.
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </section>
  );
}
