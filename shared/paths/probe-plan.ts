import type { LatencyEstimator } from "./estimator.ts";

/** A node whose report is due within so many rounds may have measured again. */
const DUE_WITHIN = 1.25;
/** So many values of it show whether it has: nearly all values of a node change when it measures. */
const SENTINELS = 2;
/** This share of the budget goes to legs to central nodes, the rest to direct paths. */
const LEG_SHARE = 0.5;

/** An ordered pair as `from * nodes + to`. */
export type Pair = number;

/**
 * The few pairs that show which nodes have measured again, to be probed first in a round.
 * @param random below 1, evenly
 */
export function sentinels(estimator: LatencyEstimator, random: () => number): Pair[] {
  const { nodes } = estimator;
  const pairs: Pair[] = [];
  for (let from = 0; from < nodes; from++) {
    if (estimator.dueIn(from) > DUE_WITHIN) continue;
    const start = Math.floor(random() * nodes);
    let found = 0;
    for (let step = 0; step < nodes && found < SENTINELS; step++) {
      const to = (start + step) % nodes;
      if (!estimator.isCurrent(from, to)) continue;
      pairs.push(from * nodes + to);
      found++;
    }
  }
  return pairs;
}

/**
 * Which pairs to probe in what is left of a round, best first: legs to and from the most central nodes, which serve most
 * pairs as relays, and long direct paths, which have most to gain; each weighed by how little its last value still says.
 */
export function probes(estimator: LatencyEstimator, budget: number): Pair[] {
  const { nodes } = estimator;
  const central = centrality(estimator);
  const legs = new Float64Array(nodes * nodes);
  const directs = new Float64Array(nodes * nodes);
  for (let from = 0; from < nodes; from++)
    for (let to = 0; to < nodes; to++) {
      if (from === to) continue;
      const pair = from * nodes + to;
      const slot = estimator.slot(from, to);
      const isOutdated = slot === -1 || estimator.hasNews(from);
      const doubt = isOutdated ? 1 : 1 - estimator.weight(from, slot, 1);
      const [near, far] = [central[from] as number, central[to] as number];
      legs[pair] = doubt / Math.min(near, far) ** 2;
      directs[pair] = doubt * (slot === -1 ? near + far : estimator.expected(from, to, 1));
    }
  const first = best(legs, Math.floor(budget * LEG_SHARE));
  const taken = new Set(first);
  const second = best(directs, budget).filter((pair) => !taken.has(pair));
  return [...first, ...second].slice(0, budget);
}

/** The mean round trip from each node to those that it was measured to: ms; what is usual for a node without any. */
function centrality(estimator: LatencyEstimator): Float64Array {
  const { nodes, memory } = estimator;
  return Float64Array.from({ length: nodes }, (_, from) => {
    let [sum, count] = [memory.usualMs || 1, 1];
    for (let to = 0; to < nodes; to++) {
      const ms = estimator.expected(from, to, 1);
      if (Number.isNaN(ms)) continue;
      sum += ms;
      count++;
    }
    // The last digits tell equal nodes apart, so that the first probes go to whole rows.
    return (sum / count) * (1 + from * 1e-9);
  });
}

function best(scores: Float64Array, count: number): Pair[] {
  const order = Uint32Array.from(scores, (_, pair) => pair).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  return [...order.subarray(0, count)].filter((pair) => scores[pair] !== 0);
}
