import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Measured, Online, PathBadge } from "../components/node-badges.tsx";
import { Empty } from "../components/states.tsx";
import { formatBytes } from "../lib/format.ts";
import { type Connection, connectionsOf } from "../lib/map/connections.ts";
import type { MapNode, MeshMap } from "../lib/map/graph.ts";
import { routeTo } from "../lib/router.ts";
import { AllowedBy } from "./allowed-by.tsx";

const columnsOf = (map: MeshMap): readonly Column<Connection>[] => [
  { header: "Node", cell: ({ a }) => <End node={a} />, className: "long" },
  { header: "Peer", cell: ({ b }) => <End node={b} />, className: "long" },
  { header: "Path", cell: ({ link }) => <PathBadge path={link.path} /> },
  { header: "Measured", cell: ({ link }) => <Measured measured={link.measured} />, className: "wide" },
  { header: "Allowed by", cell: ({ link }) => <AllowedBy map={map} link={link} />, className: "wide" },
  { header: "Handshake", cell: ({ link }) => <Moment at={link.handshakeAt} />, className: "wide" },
  { header: "Bytes", cell: ({ link }) => formatBytes(link.bytes), className: "wide" },
];

function End({ node }: { readonly node: MapNode }) {
  return (
    <>
      <a href={routeTo("nodes", node.id)}>{node.name}</a> <Online live={node} />
    </>
  );
}

interface MapTable {
  readonly map: MeshMap;
  /** Lower-case part of a node's or segment's name; empty for all. */
  readonly found: string;
  readonly segment: string | null;
}

/** The map in words. */
export function MapTable({ map, found, segment }: MapTable) {
  const rows = connectionsOf(map, found, segment);
  if (rows.length === 0) return <Empty>No pair of nodes fits.</Empty>;
  return (
    <DataTable
      caption="Pairs of nodes that may talk to each other"
      columns={columnsOf(map)}
      rows={rows}
      keyOf={({ a, b }) => `${a.id} ${b.id}`}
    />
  );
}
