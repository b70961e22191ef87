import { DIRECT, PathChooser } from "../../shared/paths/choice.ts";
import { LatencyEstimator } from "../../shared/paths/estimator.ts";
import { REGRET_RATIO } from "../../shared/paths/regret.ts";
import { RELAY_COST_MS, RelayTable } from "../../shared/paths/relay-table.ts";
import { randomFrom } from "../support/random.ts";

const NODES = 30;
const ROUNDS = 30;
const SIDE_MS = 150;
/** The node that lies; its place is in the middle, or it would be no one's relay. */
export const LIAR = 0;

/** What the liar reports of its round trip to a node, several values if it likes; `told` are its true reports so far. */
export type Lie = (told: {
  round: number;
  to: number;
  truth: number;
  earlier: readonly number[];
}) => number[];

export interface Effect {
  /** Pairs of others that go by the liar. */
  readonly byLiar: number;
  /** Those of them whose path takes more than 5 % longer than the direct one. */
  readonly harmed: number;
  /** The mean of what pairs of others pay in truth: ms. */
  readonly paidMs: number;
}

/**
 * Nodes in a square, each a relay for all others, report round trips for some rounds; one of them lies. The real estimator and
 * chooser decide, and pairs of others pay what is true.
 */
export function livingWith(lie: Lie, seed: number): Effect {
  const random = randomFrom(seed);
  const places = Array.from({ length: NODES }, (_, node) =>
    node === LIAR ? ([0.5, 0.5] as const) : ([random(), random()] as const),
  );
  const detours = Array.from({ length: NODES * NODES }, () => 1 + random() ** 2);
  const trueMs = (from: number, to: number): number => {
    const [[x = 0, y = 0], [u = 0, v = 0]] = [places[from] ?? [], places[to] ?? []];
    const detour = detours[Math.min(from, to) * NODES + Math.max(from, to)] as number;
    return 1 + SIDE_MS * Math.hypot(x - u, y - v) * detour;
  };
  const estimator = new LatencyEstimator(NODES);
  const earlier = Array.from({ length: NODES }, (): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (let from = 0; from < NODES; from++)
      for (let to = 0; to < NODES; to++) {
        if (from === to) continue;
        const truth = trueMs(from, to) * (1 + 0.1 * (random() - 0.5));
        const own = earlier[to] as number[];
        const said = from === LIAR ? lie({ round, to, truth, earlier: own }) : [truth];
        if (from === LIAR) own.push(truth);
        for (const ms of said) estimator.observe(from, to, ms);
      }
    estimator.endRound();
  }
  return effectOn(estimator, trueMs);
}

function effectOn(estimator: LatencyEstimator, trueMs: (from: number, to: number) => number): Effect {
  const relays = Int32Array.from({ length: NODES }, (_, node) => node);
  const table = new RelayTable(NODES, relays);
  for (const node of relays)
    for (const relay of relays)
      table.set(node, relay, estimator.expected(node, relay, 1), estimator.legFromRelay(relay, node, 1));
  const chooser = new PathChooser(estimator, table);
  let [byLiar, harmed, paid, pairs] = [0, 0, 0, 0];
  for (const from of relays)
    for (const to of relays) {
      if (from === to || from === LIAR || to === LIAR) continue;
      const { relay } = chooser.choose(from, to, DIRECT);
      const ms =
        relay === DIRECT ? trueMs(from, to) : trueMs(from, relay) + trueMs(relay, to) + RELAY_COST_MS;
      pairs++;
      paid += ms;
      if (relay !== LIAR) continue;
      byLiar++;
      if (ms > REGRET_RATIO * trueMs(from, to)) harmed++;
    }
  return { byLiar, harmed, paidMs: paid / pairs };
}
