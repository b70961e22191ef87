import { useState } from "react";
import { NODE_STATUSES } from "../../shared/registry/node-status.ts";
import { type RowOf, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { NodeStatus, Online } from "../components/node-badges.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatAgo } from "../lib/format.ts";
import { nodeMatches } from "../lib/node-search.ts";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { Holds } from "./holds.tsx";
import { NodePage } from "./node-page.tsx";

type Node = RowOf<"nodes.list">;

export default function Nodes({ path: [id] }: PageProps) {
  if (id === undefined) return <NodeList />;
  return id === "holds" ? <Holds /> : <NodePage id={id} />;
}

const EVERY = 5_000;

const COLUMNS: readonly Column<Node>[] = [
  { header: "Node", cell: (node) => <a href={routeTo("nodes", node.id)}>{node.name}</a>, className: "long" },
  { header: "Status", cell: (node) => <NodeStatus status={node.status} /> },
  { header: "Online", cell: (node) => <Online live={node.live} status={node.status} /> },
  { header: "Address", cell: (node) => <code>{node.ipv4}</code>, className: "wide" },
  {
    header: "Last seen",
    cell: (node) => (node.live ? formatAgo(node.live.lastSeenAt) : ""),
    className: "wide",
  },
  { header: "Segment", cell: (node) => node.segment, className: "wide" },
  { header: "Tags", cell: (node) => node.tags.join(", "), className: "wide" },
  { header: "Version", cell: (node) => node.live?.facts?.agentVersion ?? "", className: "wide" },
  { header: "Peers", cell: (node) => node.live?.peers ?? "", className: "wide" },
  { header: "Direct", cell: (node) => node.live?.directPeers ?? "", className: "wide" },
  { header: "Config", cell: (node) => <ConfigState node={node} />, className: "wide" },
];

function ConfigState({ node: { live } }: { readonly node: Node }) {
  if (live === null) return null;
  if (live.applyError !== null) return <span className="badge bad">failed</span>;
  return (
    <span className={live.current ? "badge good" : "badge warn"}>{live.current ? "current" : "behind"}</span>
  );
}

function NodeList() {
  const [status, setStatus] = useState<Node["status"] | "">("");
  const [segment, setSegment] = useState("");
  const [search, setSearch] = useState("");
  const nodes = usePages(
    "nodes.list",
    { query: { ...(status && { status }), ...(segment && { segment }) } },
    EVERY,
  );
  return (
    <>
      <PageHead title="Nodes">
        <a className="button plain" href={routeTo("map")}>
          Show the map
        </a>
        <a className="button" href={routeTo("enrolment-keys")}>
          Add a node
        </a>
      </PageHead>
      <div className="form filters">
        <Field label="Search" broad>
          {(c) => (
            <input
              {...c}
              type="search"
              placeholder="Name, tag, address or owner"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          )}
        </Field>
        <Field label="Status">
          {(c) => (
            <select
              {...c}
              value={status}
              onChange={(event) => setStatus(event.target.value as Node["status"] | "")}
            >
              <option value="">All</option>
              {NODE_STATUSES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Segment">
          {(c) => <SegmentSelect control={c} name="segment" none="All" onChange={setSegment} />}
        </Field>
      </div>
      <Loaded query={nodes}>
        {(rows) => {
          const found = rows.filter((node) => nodeMatches(node, search));
          if (found.length > 0) {
            return <DataTable caption="Nodes" columns={COLUMNS} rows={found} keyOf={(node) => node.id} />;
          }
          if (rows.length > 0 || status !== "" || segment !== "") return <Empty>No node fits.</Empty>;
          return (
            <Empty>
              No machine has joined yet. <a href={routeTo("enrolment-keys")}>Make an enrolment key</a>, then
              run the command that it comes with.
            </Empty>
          );
        }}
      </Loaded>
      <ShowMore pages={nodes} />
    </>
  );
}
