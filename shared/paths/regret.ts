import type { LatencyEstimator } from "./estimator.ts";
import { RECENT } from "./pair-memory.ts";
import { RELAY_COST_MS } from "./relay-table.ts";

/** A path by a relay is regretted when it takes longer than so many times the direct one. */
export const REGRET_RATIO = 1.05;

/**
 * How likely the path by a relay will be regretted in so many rounds. Each node either reports what it reported last, or
 * measures again, and then any of its recent values may come back; the direct path and the first leg are reported by
 * the same node and move together.
 * @returns 0 to 1; 1 where one of the three pairs was never measured.
 */
export function regret(
  estimator: LatencyEstimator,
  from: number,
  relay: number,
  to: number,
  rounds: number,
): number {
  const direct = estimator.slot(from, to);
  const first = estimator.slot(from, relay);
  const second = estimator.slot(relay, to);
  if (direct === -1 || first === -1 || second === -1) return 1;
  const { memory } = estimator;
  const { last, recent } = memory;
  const secondStays = estimator.weight(relay, second, rounds);
  const exceeded = (limit: number): number =>
    secondStays * ((last[second] as number) > limit ? 1 : 0) +
    (1 - secondStays) * memory.shareAbove(second, limit);
  const limitOf = (directMs: number, firstMs: number): number =>
    REGRET_RATIO * directMs - firstMs - RELAY_COST_MS;

  const stays = estimator.weight(from, direct, rounds);
  const asLast = exceeded(limitOf(last[direct] as number, last[first] as number));
  const remembered = Math.min(memory.recents(direct), memory.recents(first));
  let anew = 0;
  for (let index = 0; index < remembered; index++)
    anew += exceeded(
      limitOf(recent[direct * RECENT + index] as number, recent[first * RECENT + index] as number),
    );
  return stays * asLast + ((1 - stays) * anew) / remembered;
}
