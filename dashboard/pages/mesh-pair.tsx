import type { Answer } from "../../shared/api/endpoints.ts";
import { milliseconds, WHY_THIS_PATH } from "../../shared/api/path-words.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Online, PathBadge } from "../components/node-badges.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import { PATH_COLUMNS } from "./path-columns.tsx";

type Pair = Answer<"mesh.paths">;
type Side = Pair["sides"][number];
type Path = Side["paths"][number];
type Move = Side["moves"][number];

const EVERY = 5_000;

const PATHS: readonly Column<Path>[] = [
  {
    header: "Endpoint",
    cell: ({ endpoint, inUse }) => (
      <>
        <code>{endpoint}</code> {inUse && <span className="badge good">in use</span>}
      </>
    ),
    className: "long",
  },
  ...PATH_COLUMNS,
  {
    header: "To relay",
    cell: ({ halfMs }) => milliseconds(halfMs),
    sort: ({ halfMs }) => halfMs,
    className: "wide",
  },
];

const MOVES: readonly Column<Move>[] = [
  { header: "When", cell: ({ at }) => <Moment at={at} />, className: "when" },
  { header: "To", cell: ({ to }) => <code>{to}</code>, className: "long" },
  { header: "Path", cell: ({ kind }) => <PathBadge path={kind} /> },
  { header: "From", cell: ({ from }) => (from === null ? "-" : <code>{from}</code>), className: "wide" },
  { header: "Why", cell: ({ why }) => WHY_THIS_PATH[why], className: "wide" },
];

/** The paths between two nodes: those that each knows, which one it uses and why, and how it came there. */
export function MeshPair({ from, to }: { readonly from: string; readonly to: string }) {
  const pair = useApi("mesh.paths", { query: { from, to } }, { every: EVERY });
  const side = pair.data?.sides[0];
  return (
    <>
      <PageHead title={side ? `Paths between ${side.name} and ${side.peerName}` : "Paths between two nodes"}>
        <a className="button plain" href={routeTo("mesh-health")}>
          Health of the mesh
        </a>
      </PageHead>
      <Loaded query={pair}>{(data) => <Sides pair={data} />}</Loaded>
    </>
  );
}

function Sides({ pair: { linked, sides, missing } }: { readonly pair: Pair }) {
  return (
    <>
      {missing.length > 0 && (
        <p className="notice warn" role="status">
          These segments did not answer: {missing.join(", ")}.
        </p>
      )}
      {!linked && missing.length === 0 && (
        <Empty>
          No rule connects the two, so there is no path between them.{" "}
          <a href={routeTo("mesh-reach")}>Who reaches whom</a> says why.
        </Empty>
      )}
      {sides.map((side) => (
        <OneSide key={side.node} side={side} />
      ))}
    </>
  );
}

function OneSide({ side }: { readonly side: Side }) {
  const way = `${side.name} → ${side.peerName}`;
  return (
    <section className="card">
      <h2>
        <a href={routeTo("nodes", side.node)}>{side.name}</a> →{" "}
        <a href={routeTo("nodes", side.peer)}>{side.peerName}</a> <Online live={side} />
      </h2>
      <p>
        {WHY_THIS_PATH[side.why]}{" "}
        <span className="muted">
          Last handshake: <Moment at={side.handshakeAt} />.
        </span>
      </p>
      {side.paths.length > 0 && (
        <DataTable
          caption={`Paths ${way}`}
          columns={PATHS}
          rows={side.paths}
          keyOf={({ kind, endpoint }) => `${kind} ${endpoint}`}
        />
      )}
      <h3>How it came there</h3>
      {side.moves.length === 0 ? (
        <p className="muted">It has not moved by itself.</p>
      ) : (
        <DataTable
          caption={`Moves ${way}`}
          columns={MOVES}
          rows={side.moves}
          keyOf={({ at, from, to }) => `${at} ${from} ${to}`}
        />
      )}
    </section>
  );
}
