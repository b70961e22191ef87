import { LatencyEstimator } from "../../../../shared/paths/estimator.ts";
import type { Latencies } from "./latencies.ts";
import { pathMs } from "./score.ts";
import { observeAll, tableOfAll } from "./walk.ts";

const NEAR_MS = 40;

/**
 * What the best relay of all nodes saves for pairs that cannot connect directly and are near each other, against a home
 * relay: every node has the nearest of some relays, and traffic to a node goes by that node's. The home relays are
 * placed as well as greedy choice can. Paths are chosen from what was before the last slice and paid in it; where there is
 * but one slice, they are chosen from what the receivers measured and paid by what the senders did.
 */
export function savedAgainstHomeRelay({ nodes, slices }: Latencies, relays: number): number {
  const paid = slices.at(-1) as Float64Array;
  const estimator = new LatencyEstimator(nodes);
  const before = slices.length > 1 ? slices.slice(0, -1) : [transposed(paid, nodes)];
  for (const slice of before) observeAll(estimator, slice);
  const table = tableOfAll(estimator, 1);
  const known = Float64Array.from(paid, (_, pair) =>
    estimator.expected(Math.floor(pair / nodes), pair % nodes, 1),
  );
  const homes = homeRelays(known, nodes, relays);
  let [byHome, byBest] = [0, 0];
  paid.forEach((direct, pair) => {
    const [from, to] = [Math.floor(pair / nodes), pair % nodes];
    const home = homes[to] as number;
    if (direct === 0 || direct >= NEAR_MS || home === from || home === to) return;
    const [usual, best] = [pathMs(paid, from, home, to), pathMs(paid, from, table.best(from, to), to)];
    if (usual === 0 || best === 0) return;
    byHome += usual;
    byBest += best;
  });
  return 1 - byBest / byHome;
}

/** For each node the nearest relay, of relays chosen one by one so that all nodes together are nearest to theirs. */
function homeRelays(known: Float64Array, nodes: number, relays: number): Int32Array {
  const away = (node: number, relay: number) =>
    node === relay ? 0 : known[node * nodes + relay] || Number.POSITIVE_INFINITY;
  const homes = new Int32Array(nodes);
  const nearest = new Float64Array(nodes).fill(1_000);
  for (let count = 0; count < relays; count++) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let relay = 0; relay < nodes; relay++) {
      let total = 0;
      for (let node = 0; node < nodes; node++) total += Math.min(nearest[node] as number, away(node, relay));
      if (total < least) [best, least] = [relay, total];
    }
    for (let node = 0; node < nodes; node++) {
      if (away(node, best) >= (nearest[node] as number)) continue;
      nearest[node] = away(node, best);
      homes[node] = best;
    }
  }
  return homes;
}

const transposed = (matrix: Float64Array, nodes: number): Float64Array =>
  matrix.map((_, pair) => matrix[(pair % nodes) * nodes + Math.floor(pair / nodes)] as number);
