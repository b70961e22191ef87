import { DIRECT, PathChooser } from "../../../../shared/paths/choice.ts";
import { LatencyEstimator } from "../../../../shared/paths/estimator.ts";
import { probes, sentinels } from "../../../../shared/paths/probe-plan.ts";
import { RELAY_COST_MS, RelayTable } from "../../../../shared/paths/relay-table.ts";
import { randomFrom } from "../../../support/random.ts";
import type { Latencies } from "./latencies.ts";
import { hindsight, Score } from "./score.ts";

/** How many slices later a choice is paid once more: about as long as every pair takes to be measured again. */
export const LATER = 12;

/** What one walk over a set gave. */
export interface Walk {
  /** Choices for the next slice, paid there. */
  readonly next: Score;
  /** The same choices, paid 12 slices after what they were made from. */
  readonly heldNext: Score;
  /** Choices that were made to be held for 12 slices, paid there. */
  readonly later: Score;
  /** Route changes for a pair and slice. */
  readonly changes: number;
}

/**
 * Chooses for each slice from what was probed in those before it, and pays.
 * @param budget the share of the pairs that may be probed in a slice
 */
export function walk(
  { nodes, slices }: Latencies,
  budget: number,
  best = slices.map((slice) => hindsight(slice)),
): Walk {
  const estimator = new LatencyEstimator(nodes);
  const walked = { next: new Score(), heldNext: new Score(), later: new Score() };
  let current = new Int32Array(nodes * nodes).fill(DIRECT);
  let held = current;
  let changes = 0;
  const random = randomFrom(1);
  slices.forEach((slice, index) => {
    if (index > 0) {
      const chosen = chooseAll(estimator, current, 1);
      changes += chosen.reduce((count, relay, pair) => count + (relay === current[pair] ? 0 : 1), 0);
      current = chosen;
      const pay = (score: Score, choices: Int32Array, at: number) => {
        const paid = slices[at];
        if (paid) score.pay(paid, best[at] as Float64Array, choices);
      };
      pay(walked.next, current, index);
      if (budget === 1 && index + LATER - 1 < slices.length) {
        held = chooseAll(estimator, held, LATER);
        pay(walked.heldNext, current, index + LATER - 1);
        pay(walked.later, held, index + LATER - 1);
      }
    }
    if (budget === 1) observeAll(estimator, slice);
    else observeSome(estimator, slice, budget, random);
  });
  return { ...walked, changes: changes / ((slices.length - 1) * nodes * (nodes - 1)) };
}

/**
 * Chooses once from the first half of the slices, to be held, and pays what each pair takes on average in the second.
 * @param relayCostMs what a relay costs, when it is chosen and when it is paid
 */
export function halves({ nodes, slices }: Latencies, relayCostMs: number): Score {
  const half = Math.floor(slices.length / 2);
  const estimator = new LatencyEstimator(nodes);
  for (const slice of slices.slice(0, half)) observeAll(estimator, slice);
  const rounds = slices.length - half;
  const choices = chooseAll(estimator, new Int32Array(nodes * nodes).fill(DIRECT), rounds, relayCostMs);
  const score = new Score();
  const mean = meanOf(slices.slice(half));
  score.pay(mean, hindsight(mean, relayCostMs), choices, relayCostMs);
  return score;
}

/** The mean of the slices that have a value, 0 where none has. */
function meanOf(slices: readonly Float64Array[]): Float64Array {
  const first = slices[0] ?? new Float64Array(0);
  return first.map((_, pair) => {
    const values = slices.map((slice) => slice[pair] as number).filter((ms) => ms > 0);
    return values.reduce((sum, ms) => sum + ms, 0) / Math.max(1, values.length);
  });
}

/** One round in which every pair is measured. */
export function observeAll(estimator: LatencyEstimator, slice: Float64Array): void {
  slice.forEach((ms, pair) => {
    estimator.observe(Math.floor(pair / estimator.nodes), pair % estimator.nodes, ms);
  });
  estimator.endRound();
}

/** One round in which only some pairs are measured; where a set has one value for both directions, one probe tells both. */
function observeSome(
  estimator: LatencyEstimator,
  slice: Float64Array,
  budget: number,
  random: () => number,
): void {
  const { nodes } = estimator;
  const isSymmetric = slice.every((ms, pair) => ms === slice[mirrored(pair, nodes)]);
  let left = Math.floor((budget * nodes * (nodes - 1)) / (isSymmetric ? 2 : 1));
  const probed = new Set<number>();
  const probe = (pair: number): void => {
    if (left === 0 || probed.has(pair)) return;
    left--;
    for (const told of isSymmetric ? [pair, mirrored(pair, nodes)] : [pair]) {
      probed.add(told);
      estimator.observe(Math.floor(told / nodes), told % nodes, slice[pair] as number);
    }
  };
  sentinels(estimator, random).forEach(probe);
  // Both directions of a symmetric pair stand in the list.
  probes(estimator, left * 2).forEach(probe);
  estimator.endRound();
}

const mirrored = (pair: number, nodes: number): number => (pair % nodes) * nodes + Math.floor(pair / nodes);

/** The table with every node as a relay. */
export function tableOfAll(estimator: LatencyEstimator, rounds: number): RelayTable {
  const { nodes } = estimator;
  const table = new RelayTable(
    nodes,
    Int32Array.from({ length: nodes }, (_, node) => node),
  );
  for (let node = 0; node < nodes; node++)
    for (let relay = 0; relay < nodes; relay++)
      table.set(
        node,
        relay,
        estimator.expected(node, relay, rounds),
        estimator.legFromRelay(relay, node, rounds),
      );
  return table;
}

/** Chooses for all pairs, with every node as a relay. */
export function chooseAll(
  estimator: LatencyEstimator,
  current: Int32Array,
  rounds: number,
  relayCostMs = RELAY_COST_MS,
): Int32Array<ArrayBuffer> {
  const { nodes } = estimator;
  const table = tableOfAll(estimator, rounds);
  for (let relay = 0; relay < nodes; relay++) table.setCost(relay, relayCostMs);
  const chooser = new PathChooser(estimator, table, rounds);
  return Int32Array.from(current, (relay, pair) => {
    const [from, to] = [Math.floor(pair / nodes), pair % nodes];
    return from === to ? DIRECT : chooser.choose(from, to, relay).relay;
  });
}
