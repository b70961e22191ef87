import type { FlowReport } from "../node/protocol/types.ts";

/**
 * What the hub keeps of the flows that one node reported: bounded, and older flows count less. `docs/flows.md` explains
 * the numbers.
 */

/** A flow as one of its ends saw it. */
export interface LedgerFlow extends Omit<FlowReport, "count"> {
  /** Connections, of which old ones count less: half after each `HALF_LIFE_MS`. The value is as of `seenAt`. */
  readonly weight: number;
  readonly firstAt: number;
}

const DAY_MS = 86_400_000;
export const HALF_LIFE_MS = 7 * DAY_MS;
/** A flow that was not seen for this long is forgotten. */
export const RETENTION_MS = 30 * DAY_MS;
/** A node can't claim more connections of one flow in one report. */
export const MOST_PER_REPORT = 1_000_000;
/** How many flows a segment keeps in all. Each node has an equal share, within the limits below. */
export const MOST_PER_SEGMENT = 65_536;
const SHARE = { least: 16, most: 512 } as const;

/** How many flows are kept of each node, when the segment has so many nodes. */
export const shareOf = (nodes: number): number =>
  Math.min(SHARE.most, Math.max(SHARE.least, Math.floor(MOST_PER_SEGMENT / Math.max(1, nodes))));

/** How many of them may be denied ones, so that nobody can drive out the permitted flows with attempts. */
const deniedOf = (most: number): number => Math.floor(most / 4);

/** Whether permitted flows may be missing, since there was no room for more. */
export const isFull = (ledger: readonly LedgerFlow[], most: number): boolean =>
  ledger.filter(({ verdict }) => verdict !== "denied").length >= most - deniedOf(most);

/** What the hub knows of the node that reports. */
export interface ReporterView {
  readonly node: string;
  /** The id of the node with this id or overlay address. Null when there is none. */
  idOf(peer: string): string | null;
  /** Whether the rules let the two nodes talk to each other. */
  isLinked(peer: string): boolean;
  /** The networks that the node may forward to. */
  routesOf(node: string): readonly string[];
}

/**
 * The flows that are believed. A node can speak only of connections of its own, with nodes that exist, and of permitted
 * ones only with nodes that it is linked to; and of networks only that are approved for the end where it says they are.
 * Times in the future become now, and numbers are clipped.
 */
export function believed(
  flows: readonly FlowReport[],
  reporter: ReporterView,
  now: number,
): { readonly flows: readonly FlowReport[]; readonly refused: number } {
  const taken = flows.flatMap((flow) => {
    const peer = reporter.idOf(flow.peer);
    const isPlausible =
      peer !== null &&
      peer !== reporter.node &&
      (flow.verdict === "denied" || reporter.isLinked(peer)) &&
      (flow.near === null || reporter.routesOf(reporter.node).includes(flow.near)) &&
      (flow.far === null || reporter.routesOf(peer).includes(flow.far)) &&
      flow.seenAt > now - RETENTION_MS;
    if (!isPlausible) return [];
    return {
      ...flow,
      peer,
      count: Math.min(flow.count, MOST_PER_REPORT),
      seenAt: Math.min(flow.seenAt, now),
    };
  });
  return { flows: taken, refused: flows.length - taken.length };
}

/**
 * Adds a report to what is kept.
 * @param most How many flows are kept. A quarter of them is for denied ones. The ones that were seen last stay.
 */
export function noteFlows(
  ledger: readonly LedgerFlow[],
  flows: readonly FlowReport[],
  most: number,
  now: number,
): LedgerFlow[] {
  const kept = new Map(ledger.map((flow) => [keyOf(flow), flow]));
  for (const { count, ...flow } of flows) {
    const key = keyOf(flow);
    const before = kept.get(key);
    const seenAt = Math.max(flow.seenAt, before?.seenAt ?? 0);
    const weight = (before ? weightAt(before, seenAt) : 0) + count;
    kept.set(key, { ...flow, seenAt, weight, firstAt: before?.firstAt ?? flow.seenAt });
  }
  const fresh = [...kept.values()]
    .filter(({ seenAt }) => seenAt > now - RETENTION_MS)
    .sort((a, b) => b.seenAt - a.seenAt);
  const forDenied = deniedOf(most);
  const isDenied = ({ verdict }: LedgerFlow) => verdict === "denied";
  return [
    ...fresh.filter((flow) => !isDenied(flow)).slice(0, most - forDenied),
    ...fresh.filter(isDenied).slice(0, forDenied),
  ];
}

/** How much a flow counts at a later moment. */
export const weightAt = ({ weight, seenAt }: Pick<LedgerFlow, "weight" | "seenAt">, at: number): number =>
  weight * 2 ** (-Math.max(0, at - seenAt) / HALF_LIFE_MS);

const keyOf = (flow: Omit<LedgerFlow, "weight" | "firstAt">): string =>
  [flow.direction, flow.peer, flow.near, flow.far, flow.protocol, flow.port, flow.verdict].join(" ");
