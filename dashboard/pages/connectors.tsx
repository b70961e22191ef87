import { type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";

type Connector = RowOf<"connectors.list">;

const EVERY = 10_000;

const STATES: Readonly<Record<Connector["state"], readonly [badge: string, words: string]>> = {
  connected: ["badge good", "connected"],
  draining: ["badge warn", "about to stop"],
  away: ["badge bad", "away"],
  unknown: ["badge warn", "unknown"],
  no_agent: ["badge bad", "no agent"],
};

function State({ row }: { readonly row: Connector }) {
  const [badge, words] = STATES[row.state];
  return (
    <>
      <span className={badge}>{words}</span> {row.drained && <span className="badge warn">drained</span>}
    </>
  );
}

const COLUMNS: readonly Column<Connector>[] = [
  {
    header: "App",
    cell: ({ app }) => <a href={routeTo("apps", app)}>{app}</a>,
    sort: ({ app }) => app,
    className: "long",
  },
  {
    header: "Agent",
    cell: ({ node }) =>
      node === null ? "no node is named by it" : <a href={routeTo("nodes", node)}>{node}</a>,
    sort: ({ node }) => node ?? "",
    className: "long",
  },
  { header: "State", cell: (row) => <State row={row} />, sort: ({ state }) => state },
  {
    header: "Streams",
    cell: ({ streams }) => formatCount(streams),
    sort: ({ streams }) => streams,
    className: "wide",
  },
  { header: "Weight", cell: ({ weight }) => weight ?? "–", className: "wide" },
  {
    header: "Connected",
    cell: ({ connectedAt }) => (connectedAt === null ? "–" : <Moment at={connectedAt} />),
    className: "wide",
  },
  {
    header: "Last failure",
    cell: ({ lastFailure }) =>
      lastFailure === null ? (
        "–"
      ) : (
        <>
          <Moment at={lastFailure.at} />: {lastFailure.detail}
        </>
      ),
    className: "wide",
  },
  {
    header: "Unexplained",
    cell: ({ unexplained }) =>
      unexplained === 0 ? "0" : <a href={UNEXPLAINED}>{formatCount(unexplained)}</a>,
    sort: ({ unexplained }) => unexplained,
    className: "wide",
  },
];

const UNEXPLAINED = `${routeTo("audit")}?reason=connector.unexplained_hits`;

/** The agents of private apps: who serves, since when, how much, and what went wrong. */
export default function Connectors() {
  const connectors = usePages("connectors.list", { query: {} }, EVERY);
  const mayWrite = useMayWrite();
  const columns: readonly Column<Connector>[] = mayWrite
    ? [...COLUMNS, { header: "Action", cell: (row) => <DrainButton row={row} />, className: "action" }]
    : COLUMNS;
  return (
    <>
      <PageHead title="Connectors" />
      <p className="muted">
        Agents that serve private apps. A drained one gets no new requests, and what is open there goes on.
        “Unexplained” are requests of the last 24 hours that an agent passed on and no recorded decision
        allowed.
      </p>
      <Loaded query={connectors}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No private apps. An app becomes one when it is reached through agents.</Empty>
          ) : (
            <DataTable
              caption="Agents of private apps"
              columns={columns}
              rows={rows}
              keyOf={({ appId, nodeId }) => `${appId} ${nodeId}`}
              pages={connectors}
            />
          )
        }
      </Loaded>
      <ShowMore pages={connectors} />
    </>
  );
}

function DrainButton({ row: { app, node, drained } }: { readonly row: Connector }) {
  const write = useWrite(drained ? "connectors.undrain" : "connectors.drain");
  if (node === null) return null;
  return (
    <>
      <button
        type="button"
        className="button plain"
        disabled={write.isPending}
        aria-label={drained ? `Let ${node} serve ${app} again` : `Drain ${node} for ${app}`}
        onClick={() => write.mutate({ params: { app, node } })}
      >
        {drained ? "Use again" : "Drain"}
      </button>
      <Failure error={write.error} />
    </>
  );
}
