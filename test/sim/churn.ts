import { DIRECT } from "../../shared/paths/choice.ts";
import { PathOptimiser } from "../../shared/paths/optimiser.ts";
import { RELAY_COST_MS } from "../../shared/paths/relay-table.ts";
import { randomFrom } from "../support/random.ts";
import { syntheticMesh } from "./synthetic-mesh.ts";

const RELAYS = 64;
const PAIRS_PER_NODE = 20;
/** How often the optimiser looks at all pairs, and how often a relay fails, which comes back after as long: virtual seconds. */
const ROUND_EVERY_S = 3_600;
const FAILURE_EVERY_S = 7_200;
/** The share of the pairs that a round may move. */
const SHARE = 0.02;

/**
 * A mesh that lives for so many virtual seconds: in each of them one leg of one node changes, from time to time a relay
 * fails and comes back. After each failure and each round it is counted whether a pair is left on a relay that is out.
 */
export function churn(nodes: number, seconds: number, seed: number) {
  const random = randomFrom(seed);
  const { pairs, table } = syntheticMesh({ nodes, pairs: nodes * PAIRS_PER_NODE, relays: RELAYS, seed });
  const optimiser = new PathOptimiser(nodes, pairs, table, (nodes * PAIRS_PER_NODE) / RELAYS);
  const lost = (): number =>
    optimiser.relay.reduce(
      (count, relay) => count + (relay !== DIRECT && table.cost(relay) === Number.POSITIVE_INFINITY ? 1 : 0),
      0,
    );
  let [moved, failures, onFailed] = [0, 0, 0];
  let out = DIRECT;
  optimiser.optimise(1);
  for (let second = 1; second <= seconds; second++) {
    const node = Math.floor(random() * nodes);
    const ms = 1 + random() * 150;
    table.set(node, Math.floor(random() * RELAYS), ms, ms);
    moved += optimiser.legChanged(node);
    if (second % FAILURE_EVERY_S === 0) {
      if (out !== DIRECT) table.setCost(out, RELAY_COST_MS);
      out = Math.floor(random() * RELAYS);
      moved += optimiser.takeOut(out);
      failures++;
      onFailed += lost();
    }
    if (second % ROUND_EVERY_S !== 0) continue;
    moved += optimiser.optimise(SHARE);
    onFailed += lost();
  }
  return { moved, failures, onFailed };
}
