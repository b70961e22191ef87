import { useState } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import { trafficOf } from "../../shared/api/flow-words.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";

type Flows = Answer<"mesh.flows">;
type Flow = Flows["items"][number];

const EVERY = 30_000;

const COLUMNS: readonly Column<Flow>[] = [
  {
    header: "From",
    cell: ({ source }) => <End {...source} />,
    sort: ({ source }) => source.name,
    className: "long",
  },
  {
    header: "To",
    cell: ({ destination }) => <End {...destination} />,
    sort: ({ destination }) => destination.name,
    className: "long",
  },
  { header: "Traffic", cell: (flow) => <code>{trafficOf(flow)}</code>, sort: trafficOf },
  {
    header: "Outcome",
    cell: ({ verdict }) => (
      <span className={verdict === "denied" ? "badge bad" : "badge good"}>{verdict}</span>
    ),
    sort: ({ verdict }) => verdict,
  },
  {
    header: "Connections",
    cell: ({ count }) => formatCount(count),
    sort: ({ count }) => count,
    className: "wide",
  },
  {
    header: "Last seen",
    cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} />,
    sort: ({ lastSeenAt }) => lastSeenAt,
    className: "wide",
  },
  { header: "Reported by", cell: ({ reportedBy }) => reporterWords(reportedBy), className: "wide" },
];

function End({ node, name, network }: Flow["source"]) {
  return (
    <>
      <a href={routeTo("nodes", node)}>{name}</a>
      {network !== null && (
        <>
          {" "}
          and behind it <code>{network}</code>
        </>
      )}
    </>
  );
}

const reporterWords = (ends: Flow["reportedBy"]): string =>
  ends.length > 1 ? "both ends" : `${ends[0]} only`;

/** The connections between nodes, as the nodes report them. */
export default function FlowsPage() {
  const [deniedOnly, setDeniedOnly] = useState(false);
  const flows = useApi("mesh.flows", { query: deniedOnly ? { verdict: "denied" } : {} }, { every: EVERY });
  return (
    <>
      <PageHead title="Flows">
        <button
          type="button"
          className="button plain"
          aria-pressed={deniedOnly}
          onClick={() => setDeniedOnly(!deniedOnly)}
        >
          Denied attempts only
        </button>
      </PageHead>
      <p className="muted">
        Connections between nodes, those with the most first: who opened them, to which port, and whether the
        filter let them pass. Nothing of what was sent is reported. A connection of a week ago counts half.
      </p>
      <Loaded query={flows}>{(data) => <FlowTable flows={data} deniedOnly={deniedOnly} />}</Loaded>
    </>
  );
}

function FlowTable({ flows, deniedOnly }: { readonly flows: Flows; readonly deniedOnly: boolean }) {
  if (!flows.reported)
    return (
      <Empty>
        Nodes report no flows: it is switched off in the <a href={routeTo("network")}>network settings</a>.
      </Empty>
    );
  return (
    <>
      {flows.missing.length > 0 && (
        <p className="badge warn">Could not be asked: {flows.missing.join(", ")}</p>
      )}
      {flows.items.length === 0 ? (
        <Empty>
          {deniedOnly
            ? "No denied attempt was reported."
            : "No connection was reported yet. Nodes report once a minute."}
        </Empty>
      ) : (
        <DataTable caption="Connections between nodes" columns={COLUMNS} rows={flows.items} keyOf={keyOf} />
      )}
      {flows.truncated && (
        <p className="muted">
          There is more than is shown here; <code>rustronaut mesh flows --node NODE</code> shows the flows of
          one node.
        </p>
      )}
      {flows.refused > 0 && (
        <p className="muted">
          {formatCount(flows.refused)} flows that nodes reported could not be so, and were left out.
        </p>
      )}
    </>
  );
}

const keyOf = ({ source, destination, protocol, port, verdict }: Flow): string =>
  [source.node, source.network, destination.node, destination.network, protocol, port, verdict].join(" ");
