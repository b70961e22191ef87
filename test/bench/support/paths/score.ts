import { DIRECT } from "../../../../shared/paths/choice.ts";
import { REGRET_RATIO } from "../../../../shared/paths/regret.ts";
import { RELAY_COST_MS } from "../../../../shared/paths/relay-table.ts";

/** What choices cost when they are paid: over slices, and over pairs whose direct and chosen paths both have a value. */
export class Score {
  readonly #paid: number[] = [];
  readonly #direct: number[] = [];
  #hindsight = 0;
  #regretted = 0;

  /**
   * @param best what hindsight pays for each pair: ms
   * @param choices for each pair the relay's node, or `DIRECT`
   */
  pay(slice: Float64Array, best: Float64Array, choices: Int32Array, relayCostMs = RELAY_COST_MS): void {
    const nodes = Math.sqrt(slice.length);
    for (let pair = 0; pair < slice.length; pair++) {
      const direct = slice[pair] as number;
      const paid = pathMs(
        slice,
        Math.floor(pair / nodes),
        choices[pair] as number,
        pair % nodes,
        relayCostMs,
      );
      if (direct === 0 || paid === 0) continue;
      this.#direct.push(direct);
      this.#paid.push(paid);
      this.#hindsight += best[pair] as number;
      if (paid > REGRET_RATIO * direct) this.#regretted++;
    }
  }

  get isEmpty(): boolean {
    return this.#paid.length === 0;
  }

  get direct(): Distribution {
    return distribution(this.#direct);
  }

  get paid(): Distribution {
    return distribution(this.#paid);
  }

  /** The mean that hindsight pays: ms. */
  get hindsightMs(): number {
    return this.#hindsight / this.#paid.length;
  }

  /** The share of what hindsight saves that was saved. */
  get captured(): number {
    const direct = sum(this.#direct);
    return (direct - sum(this.#paid)) / (direct - this.#hindsight);
  }

  /** What was saved, as a share of the direct times. */
  get saved(): number {
    return 1 - sum(this.#paid) / sum(this.#direct);
  }

  /** The same among the tenth of the pairs with the longest direct times. */
  get savedOnWorstDecile(): number {
    const limit = Float64Array.from(this.#direct).sort()[Math.floor(this.#direct.length * 0.9)] ?? 0;
    let [direct, paid] = [0, 0];
    this.#direct.forEach((ms, index) => {
      if (ms < limit) return;
      direct += ms;
      paid += this.#paid[index] as number;
    });
    return 1 - paid / direct;
  }

  /** The share of choices that took more than 5 % longer than the direct path. */
  get regretted(): number {
    return this.#regretted / this.#paid.length;
  }
}

export interface Distribution {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
}

function distribution(values: readonly number[]): Distribution {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { mean: sum(values) / values.length, median: at(0.5), p95: at(0.95) };
}

/** @returns 0 where a leg has no value. */
export function pathMs(
  slice: Float64Array,
  from: number,
  relay: number,
  to: number,
  costMs = RELAY_COST_MS,
): number {
  const nodes = Math.sqrt(slice.length);
  if (relay === DIRECT) return slice[from * nodes + to] as number;
  const [first, second] = [slice[from * nodes + relay] as number, slice[relay * nodes + to] as number];
  return first > 0 && second > 0 ? first + second + costMs : 0;
}

/** The best that one relay or none can do, known afterwards: ms for each pair. */
export function hindsight(slice: Float64Array, costMs = RELAY_COST_MS): Float64Array {
  const nodes = Math.sqrt(slice.length);
  const inward = new Float64Array(nodes * nodes);
  for (let from = 0; from < nodes; from++)
    for (let to = 0; to < nodes; to++)
      inward[to * nodes + from] = slice[from * nodes + to] || Number.POSITIVE_INFINITY;
  return slice.map((direct, pair) => {
    const from = Math.floor(pair / nodes);
    const to = pair % nodes;
    if (from === to) return 0;
    let best = (direct || Number.POSITIVE_INFINITY) - RELAY_COST_MS;
    for (let relay = 0; relay < nodes; relay++) {
      const ms =
        (slice[from * nodes + relay] || Number.POSITIVE_INFINITY) + (inward[to * nodes + relay] as number);
      if (ms < best) best = ms;
    }
    return best + costMs;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
