import type { Answer } from "../../shared/api/endpoints.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Online, PathBadge } from "../components/node-badges.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { formatBytes } from "../lib/format.ts";
import { type Neighbour, neighboursOf } from "../lib/map/neighbours.ts";
import { routeTo } from "../lib/router.ts";
import { AllowedBy } from "./allowed-by.tsx";
import type { Node } from "./node-page.tsx";

type MeshMap = Answer<"mesh.map">;

const EVERY = 3_000;

const columnsOf = (map: MeshMap): readonly Column<Neighbour>[] => [
  {
    header: "Peer",
    cell: ({ node }) => <a href={routeTo("nodes", node.id)}>{node.name}</a>,
    className: "long",
  },
  { header: "Segment", cell: ({ node }) => node.segment, className: "wide" },
  { header: "Online", cell: ({ node }) => <Online live={node} />, className: "wide" },
  { header: "Path", cell: ({ link }) => <PathBadge path={link.path} /> },
  { header: "Allowed by", cell: ({ link }) => <AllowedBy map={map} link={link} />, className: "wide" },
  { header: "Handshake", cell: ({ link }) => <Moment at={link.handshakeAt} /> },
  { header: "Bytes", cell: ({ link }) => formatBytes(link.bytes), className: "wide" },
];

/** Whom the node may talk to, and how they are connected now. */
export function NodePeers({ node }: { readonly node: Node }) {
  const map = useApi("mesh.map", { query: { node: node.id } }, { every: EVERY });
  return (
    <section className="card">
      <h2>Peers</h2>
      {map.data ? <PeerTable map={map.data} node={node} /> : <Loaded query={map}>{() => null}</Loaded>}
      {map.data && <Failure error={map.error} />}
    </section>
  );
}

function PeerTable({ map, node }: { readonly map: MeshMap; readonly node: Node }) {
  const rows = neighboursOf(map, node.id);
  if (rows.length === 0) {
    if (map.missing.length > 0) {
      return <p className="notice warn">These segments did not answer: {map.missing.join(", ")}.</p>;
    }
    return (
      <p className="muted">
        It may talk to no other node. <a href={routeTo("mesh-rules")}>Rules</a> say who may talk to whom.
      </p>
    );
  }
  return (
    <DataTable
      caption={`Peers of ${node.name}`}
      columns={columnsOf(map)}
      rows={rows}
      keyOf={({ node: { id } }) => id}
    />
  );
}
