import type { LatencyEstimator } from "./estimator.ts";
import { regret } from "./regret.ts";
import type { RelayTable } from "./relay-table.ts";

/**
 * What one regretted choice weighs, in round trips that are usual in the network. It is the one parameter that was chosen
 * on data, as docs/decisions says.
 */
const REGRET_PRICE = 2.5;
/** A relay is used when it saves this share of the direct path at least. */
const MARGIN = 0.02;
/** Another relay must be better than the present one by this share of the direct path. */
const HYSTERESIS = 0.02;

/** In the place of a relay's number: no relay. */
export const DIRECT = -1;

/** Where a pair's packets should go, and why. */
export interface Choice {
  /** The relay's number in the table, or `DIRECT`. */
  readonly relay: number;
  readonly why: "no_relay" | "direct_unknown" | "direct_is_better" | "relay_is_better" | "kept";
  /** The direct round trip that is expected: ms, NaN if unknown. */
  readonly directMs: number;
  /** The relays that were weighed: the one with the shortest path, and the one in use. */
  readonly weighed: readonly Weighed[];
}

export interface Weighed {
  readonly relay: number;
  /** The round trip that is expected, with the relay's cost: ms. */
  readonly ms: number;
  /** How likely it will be regretted, 0 to 1. */
  readonly regret: number;
  /** What it saves against the direct path after the margin and the price of regret: ms, below zero if nothing. */
  readonly gainMs: number;
}

/** Chooses between the direct path and the paths by relays, for what an estimator expects in so many rounds. */
export class PathChooser {
  readonly #estimator: LatencyEstimator;
  readonly #table: RelayTable;
  readonly #rounds: number;

  constructor(estimator: LatencyEstimator, table: RelayTable, rounds = 1) {
    this.#estimator = estimator;
    this.#table = table;
    this.#rounds = rounds;
  }

  /** @param current the relay in use, or `DIRECT` */
  choose(from: number, to: number, current: number): Choice {
    const directMs = this.#estimator.expected(from, to, this.#rounds);
    const shortest = this.#table.best(from, to);
    if (Number.isNaN(directMs)) return { relay: DIRECT, why: "direct_unknown", directMs, weighed: [] };
    if (shortest === DIRECT) return { relay: DIRECT, why: "no_relay", directMs, weighed: [] };
    const best = this.#weigh(from, shortest, to, directMs);
    if (current === DIRECT || current === shortest) return this.#settle(best, directMs, [best]);
    const present = this.#weigh(from, current, to, directMs);
    const isKept = present.gainMs > 0 && best.gainMs - present.gainMs < HYSTERESIS * directMs;
    if (isKept) return { relay: current, why: "kept", directMs, weighed: [best, present] };
    return this.#settle(best, directMs, [best, present]);
  }

  #settle(best: Weighed, directMs: number, weighed: readonly Weighed[]): Choice {
    return best.gainMs > 0
      ? { relay: best.relay, why: "relay_is_better", directMs, weighed }
      : { relay: DIRECT, why: "direct_is_better", directMs, weighed };
  }

  #weigh(from: number, relay: number, to: number, directMs: number): Weighed {
    const ms = this.#table.ms(from, relay, to);
    const saved = directMs * (1 - MARGIN) - ms;
    if (saved <= 0) return { relay, ms, regret: 1, gainMs: saved };
    const risk = regret(this.#estimator, from, this.#table.relays[relay] as number, to, this.#rounds);
    return { relay, ms, regret: risk, gainMs: saved - REGRET_PRICE * this.#estimator.memory.usualMs * risk };
  }
}
