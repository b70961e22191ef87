import type { LedgerPath } from "./path-ledger.ts";
import type { PathMove } from "./protocol/types.ts";

/** What one node knows of its paths to a peer. */
export interface PathsOfPair {
  readonly node: string;
  readonly peer: string;
  readonly online: boolean;
  /** Of the last WireGuard handshake, as the node reported it. */
  readonly handshakeAt: number | null;
  readonly why: PathReason;
  readonly paths: readonly LedgerPath[];
  /** Newest first. */
  readonly moves: readonly PathMove[];
}

/** The paths in use in a segment, of each pair as one end sees it. */
export interface SegmentPairs {
  readonly pairs: readonly UsedPath[];
  /** Links of which no path in use was reported: the agent is too old, or has not reported. */
  readonly unreported: number;
  /** Moves of the last hour. */
  readonly moves: number;
  /** There is more than `pairs` holds. */
  readonly truncated: boolean;
}

export type UsedPath = { readonly node: string } & Omit<LedgerPath, "inUse">;

/**
 * Why a node sends by the path that it uses:
 * - `unreported`: it measured nothing of this peer, or its agent does not measure
 * - `nothing_answers`: no path answers, so the last one stays
 * - `only_path`: it knows no other
 * - `first_choice`: it answers, and no better kind of path is known
 * - `failed`, `tried`, `in_vain`, `better`, `followed`: as the last move says
 */
export type PathReason = "unreported" | "nothing_answers" | "only_path" | "first_choice" | PathMove["why"];

/** @param moves of this pair, oldest first */
export function whyUsed(paths: readonly LedgerPath[], moves: readonly PathMove[]): PathReason {
  const used = paths.find(({ inUse }) => inUse);
  if (!used) return "unreported";
  if (used.state === "silent" || used.state === "one_way") return "nothing_answers";
  if (paths.length === 1) return "only_path";
  const last = moves.at(-1);
  return last?.to === used.endpoint ? last.why : "first_choice";
}
