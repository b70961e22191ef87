import { type LedgerFlow, RETENTION_MS, weightAt } from "./flow-ledger.ts";

/** What all nodes report of their connections, put together: who opened connections to whom, and with which outcome. */

/** Where connections begin or end: a node, or a network behind it. */
export interface FlowEnd {
  readonly node: string;
  /** Null for the node itself. */
  readonly network: string | null;
}

export interface ObservedFlow {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly protocol: string;
  /** Null for a protocol without ports, and for many ports together. */
  readonly port: number | null;
  readonly verdict: "allowed" | "denied";
  /** Connections, of which old ones count less (`HALF_LIFE_MS`); rounded up. */
  readonly count: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Which ends reported it. A node can lie about itself, so what both ends report is worth more. */
  readonly reportedBy: readonly ("source" | "destination")[];
}

/** The flows that one node reported. */
export interface NodeFlows {
  readonly node: string;
  readonly flows: readonly LedgerFlow[];
}

/**
 * Joins the views of both ends of each flow. The flows that were seen last come first.
 * @param now Decides how much old connections count, and what is too old.
 */
export function flowGraph(reports: readonly NodeFlows[], now: number): ObservedFlow[] {
  return joinFlows(
    reports.flatMap(({ node, flows }) =>
      flows.filter(({ seenAt }) => seenAt > now - RETENTION_MS).map((flow) => oriented(node, flow, now)),
    ),
  );
}

/** Joins flows that are the same, such as those that two segments know. */
export function joinFlows(flows: readonly ObservedFlow[]): ObservedFlow[] {
  const graph = new Map<string, ObservedFlow>();
  for (const flow of flows) {
    const { source, destination, protocol, port, verdict } = flow;
    const ends = [source.node, source.network, destination.node, destination.network];
    const key = JSON.stringify([...ends, protocol, port, verdict]);
    const other = graph.get(key);
    graph.set(key, other ? joined(other, flow) : flow);
  }
  return [...graph.values()].sort((a, b) => b.lastSeenAt - a.lastSeenAt);
}

function oriented(node: string, flow: LedgerFlow, now: number): ObservedFlow {
  const us: FlowEnd = { node, network: flow.near };
  const them: FlowEnd = { node: flow.peer, network: flow.far };
  const isOut = flow.direction === "out";
  return {
    source: isOut ? us : them,
    destination: isOut ? them : us,
    protocol: flow.protocol,
    port: flow.port,
    verdict: flow.verdict,
    count: Math.ceil(weightAt(flow, now)),
    firstSeenAt: flow.firstAt,
    lastSeenAt: flow.seenAt,
    reportedBy: [isOut ? "source" : "destination"],
  };
}

/** Both ends count the same connections, so the larger count is the better one. */
const joined = (a: ObservedFlow, b: ObservedFlow): ObservedFlow => ({
  ...a,
  count: Math.max(a.count, b.count),
  firstSeenAt: Math.min(a.firstSeenAt, b.firstSeenAt),
  lastSeenAt: Math.max(a.lastSeenAt, b.lastSeenAt),
  reportedBy: [...new Set([...a.reportedBy, ...b.reportedBy])].sort().reverse(),
});
