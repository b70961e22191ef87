import type { HitReport } from "../node/protocol/types.ts";

/**
 * Packets that rules decided, as nodes count them: the evidence for "this rule is not needed any more". `docs/flows.md`
 * explains how far it can be believed.
 */

/** A node can't claim more packets of one rule in one report. A busy link of 100 Gbit/s has about half of it a minute. */
export const MOST_PACKETS = 1_000_000_000;

/** What a segment's nodes counted for a rule. */
export interface RuleHits {
  readonly rule: string;
  readonly packets: number;
  readonly lastHitAt: number;
}

/**
 * The hits that are believed: a node can speak only of rules that its config applies. A rule that a report names twice
 * counts once.
 */
export function believedHits(hits: readonly HitReport[], rules: ReadonlySet<string>): HitReport[] {
  const believed = new Map<string, HitReport>();
  for (const { rule, packets } of hits) {
    if (packets > 0 && rules.has(rule))
      believed.set(rule, { rule, packets: Math.min(packets, MOST_PACKETS) });
  }
  return [...believed.values()];
}

/** Adds up what several segments counted. */
export function joinHits(hits: readonly RuleHits[]): Map<string, RuleHits> {
  const joined = new Map<string, RuleHits>();
  for (const hit of hits) {
    const other = joined.get(hit.rule);
    joined.set(hit.rule, {
      rule: hit.rule,
      packets: addPackets(hit.packets, other?.packets ?? 0),
      lastHitAt: Math.max(hit.lastHitAt, other?.lastHitAt ?? 0),
    });
  }
  return joined;
}

/** The sum, which stays where it can't be counted further. */
export const addPackets = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER);
