import type { ObservedFlow } from "../flow-graph.ts";
import { hashOf, type SeenFlow } from "./flow-graph.ts";
import { isBetweenNodes, serviceOf, type Watch } from "./watch.ts";

/**
 * Which recorded flows may speak for a suggestion. A node can say anything of its own connections, so a flow counts only if
 * both ends report it, and only if the hub has heard both for long enough. What does not count is told by its reason.
 */

/** Role inference takes longer than a Worker has beyond these (`docs/benchmarks.md`). */
export const BOUNDS = { nodes: 10_000, flows: 40_000 } as const;

/** How many flows do not count, by the first reason that applies. */
export interface LeftOut {
  /** They begin or end in a network behind a node. */
  readonly behindNodes: number;
  /** They begin or end outside of the home segment that was asked for. */
  readonly otherSegments: number;
  /** No rule can name their protocol. */
  readonly otherProtocols: number;
  /** One end alone reports them. */
  readonly oneSided: number;
  /** One of their nodes is not heard for long enough. */
  readonly tooNew: number;
  /** There are more nodes, or more flows, than are looked at in one go. */
  readonly tooMany: number;
}

export interface Support {
  readonly flows: readonly SeenFlow[];
  /** The nodes of these flows, in ascending order. */
  readonly nodes: readonly string[];
  /** Since when the hub hears the first of these nodes. Null without flows. */
  readonly since: number | null;
  readonly leftOut: LeftOut;
}

/** @param leastMs For how long the hub must have heard both ends, in milliseconds. */
export function supportOf(
  watch: Watch,
  isInScope: (node: string) => boolean,
  leastMs: number,
  now: number,
): Support {
  const since = new Map(watch.nodes.map((node) => [node.node, node.since]));
  const isKnown = (node: string): boolean => (since.get(node) ?? now) <= now - leastMs;
  const reasonAgainst = (flow: ObservedFlow): keyof LeftOut | null => {
    const ends = [flow.source.node, flow.destination.node];
    if (!isBetweenNodes(flow)) return "behindNodes";
    if (!ends.every(isInScope)) return "otherSegments";
    if (serviceOf(flow) === null) return "otherProtocols";
    if (flow.reportedBy.length < 2) return "oneSided";
    return ends.every(isKnown) ? null : "tooNew";
  };
  const leftOut = { ...NOTHING_LEFT_OUT };
  const counting: SeenFlow[] = [];
  for (const flow of watch.flows) {
    if (flow.verdict === "denied") continue;
    const reason = reasonAgainst(flow);
    if (reason === null)
      counting.push({
        source: flow.source.node,
        destination: flow.destination.node,
        service: serviceOf(flow) ?? "",
      });
    else leftOut[reason] += 1;
  }
  const flows = bounded(counting);
  leftOut.tooMany = counting.length - flows.length;
  const nodes = [...new Set(flows.flatMap(({ source, destination }) => [source, destination]))].sort();
  const times = nodes.map((node) => since.get(node) ?? now);
  return { flows, nodes, since: times.length === 0 ? null : Math.min(...times), leftOut };
}

const NOTHING_LEFT_OUT = {
  behindNodes: 0,
  otherSegments: 0,
  otherProtocols: 0,
  oneSided: 0,
  tooNew: 0,
  tooMany: 0,
};

/** Keeps the nodes with the most flows, and of their flows a sample that depends on nothing but the flows. */
export function bounded(
  flows: readonly SeenFlow[],
  { nodes, flows: most }: { readonly nodes: number; readonly flows: number } = BOUNDS,
): SeenFlow[] {
  const counts = new Map<string, number>();
  for (const { source, destination } of flows)
    for (const node of [source, destination]) counts.set(node, (counts.get(node) ?? 0) + 1);
  const kept = new Set(
    [...counts]
      .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
      .slice(0, nodes)
      .map(([node]) => node),
  );
  const left = flows.filter(({ source, destination }) => kept.has(source) && kept.has(destination));
  if (left.length <= most) return left;
  const drawn = left.map((flow) => ({ flow, at: hashOf(flow) })).sort((a, b) => a.at - b.at);
  return drawn.slice(0, most).map(({ flow }) => flow);
}
