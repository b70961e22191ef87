import type { ObservedFlow } from "../flow-graph.ts";

/** What nodes reported of their connections, and how much of it is known. */

/** How far the reports of one node go. Times are the hub's, so that no node can claim to be known for longer. */
export interface WatchedNode {
  readonly node: string;
  /** Since when the hub hears its flows, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly heardAt: number;
  /** Whether every permitted flow that it reported of late is kept. */
  readonly complete: boolean;
}

export interface Watch {
  readonly flows: readonly ObservedFlow[];
  readonly nodes: readonly WatchedNode[];
  /** There are more flows than `flows` holds. */
  readonly truncated: boolean;
}

/** Protocols that rules can name. */
const NAMED_PROTOCOLS: ReadonlySet<string> = new Set(["tcp", "udp", "icmp"]);

/** The traffic of a flow as rules write it: `tcp/443`, `icmp`, or `tcp` for many ports. Null where no rule can name it. */
export const serviceOf = ({ protocol, port }: Pick<ObservedFlow, "protocol" | "port">): string | null => {
  if (!NAMED_PROTOCOLS.has(protocol)) return null;
  return port === null || protocol === "icmp" ? protocol : `${protocol}/${port}`;
};

/** Whether the connections began and ended at nodes themselves, and not behind them. */
export const isBetweenNodes = ({ source, destination }: ObservedFlow): boolean =>
  source.network === null && destination.network === null;
