import { NODE_STATUSES } from "../../shared/registry/node-status.ts";
import { call, type RowOf, useMayWrite, usePages } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { NodeStatus, Online } from "../components/node-badges.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SearchField } from "../components/search-field.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { useBulk } from "../lib/bulk.ts";
import { routeTo, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { AddNode } from "./enrolment-key-dialog.tsx";
import { Holds } from "./holds.tsx";
import { NodePage } from "./node-page.tsx";

type Node = RowOf<"nodes.list">;

export default function Nodes({ path: [id] }: PageProps) {
  if (id === undefined) return <NodeList />;
  return id === "holds" ? <Holds /> : <NodePage id={id} />;
}

const EVERY = 5_000;

const COLUMNS: readonly Column<Node>[] = [
  {
    header: "Node",
    cell: (node) => <a href={routeTo("nodes", node.id)}>{node.name}</a>,
    sort: (node) => node.name,
    className: "long",
  },
  { header: "Status", cell: (node) => <NodeStatus status={node.status} />, sort: (node) => node.status },
  {
    header: "Online",
    cell: (node) => <Online live={node.live} status={node.status} />,
    sort: (node) => node.live?.online ?? null,
  },
  {
    header: "Address",
    cell: (node) => <code>{node.ipv4}</code>,
    sort: (node) => node.ipv4,
    className: "wide",
  },
  {
    header: "Last seen",
    cell: (node) => node.live && <Moment at={node.live.lastSeenAt} />,
    sort: (node) => node.live?.lastSeenAt ?? null,
    className: "wide",
  },
  { header: "Segment", cell: (node) => node.segment, sort: (node) => node.segment, className: "wide" },
  { header: "Tags", cell: (node) => node.tags.join(", "), className: "wide" },
  { header: "Version", cell: (node) => node.live?.facts?.agentVersion ?? "", className: "wide" },
  { header: "Peers", cell: (node) => node.live?.peers ?? "", className: "wide" },
  { header: "Direct", cell: (node) => node.live?.directPeers ?? "", className: "wide" },
  { header: "Relayed", cell: (node) => node.live?.relayedPeers ?? "", className: "wide" },
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
  const [filters, setFilters] = useFilters();
  const { search = "", status = "", segment = "", tag = "", user = "" } = filters;
  const query = {
    ...(search && { search }),
    ...(status && { status: status as Node["status"] }),
    ...(segment && { segment }),
    ...(tag && { tag }),
    ...(user && { user }),
  };
  const nodes = usePages("nodes.list", { query }, EVERY);
  const mayWrite = useMayWrite();
  const approve = useBulk((node: Node, note) => call("nodes.approve", { note, params: { node: node.id } }));
  const bulk = {
    nameOf: (node: Node) => node.name,
    mayTake: (node: Node) => node.status === "pending" || node.status === "expired",
    actions: (taken: readonly Node[], done: () => void) => (
      <ConfirmButton
        label="Approve them"
        className="button small"
        question={taken.length === 1 ? `Let ${taken[0]?.name} in?` : `Let ${taken.length} nodes in?`}
        onConfirm={(note) => approve.mutate({ rows: taken, note }, { onSuccess: done })}
      >
        <p>They get the network’s configuration, and talk to whom the rules let them.</p>
      </ConfirmButton>
    ),
  };
  return (
    <>
      <PageHead title="Nodes">
        <a className="button plain" href={routeTo("map")}>
          Show the map
        </a>
        <AddNode />
      </PageHead>
      <div className="form filters">
        <SearchField
          label="Search"
          placeholder="Name, tag, address or owner"
          value={search}
          onSearch={(text) => setFilters({ ...filters, search: text })}
        />
        <Field label="Status">
          {(c) => (
            <select
              {...c}
              value={status}
              onChange={(event) => setFilters({ ...filters, status: event.target.value })}
            >
              <option value="">All</option>
              {NODE_STATUSES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Segment">
          {(c) => (
            <SegmentSelect
              control={c}
              name="segment"
              none="All"
              defaultValue={segment}
              onChange={(name) => setFilters({ ...filters, segment: name })}
            />
          )}
        </Field>
        <SearchField
          label="Tag"
          placeholder="web"
          narrow
          value={tag}
          onSearch={(text) => setFilters({ ...filters, tag: text })}
        />
        <SearchField
          label="Owner"
          placeholder="bob, or an e-mail"
          narrow
          value={user}
          onSearch={(text) => setFilters({ ...filters, user: text })}
        />
      </div>
      <Failure error={approve.error} />
      <Loaded query={nodes}>
        {(rows) => {
          if (rows.length > 0) {
            return (
              <DataTable
                caption="Nodes"
                columns={COLUMNS}
                rows={rows}
                keyOf={(node) => node.id}
                pages={nodes}
                bulk={mayWrite ? bulk : undefined}
              />
            );
          }
          if (Object.keys(query).length > 0) return <Empty>No node fits.</Empty>;
          return (
            <Empty>
              <p>No machine has joined yet. Add one, and run the line that you are given on it.</p>
              <AddNode />
            </Empty>
          );
        }}
      </Loaded>
      <ShowMore pages={nodes} />
    </>
  );
}
