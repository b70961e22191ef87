/** How far one report moves when the next one is expected, and how long the node seems to take from one to the next. */
const PHASE_GAIN = 0.5;
const INTERVAL_GAIN = 0.2;

/**
 * When each node's next report is due: nodes measure at intervals of their own, of which the rounds see only the whole
 * ones. An alpha-beta filter follows interval and phase; times are in rounds.
 */
export class Rhythm {
  readonly #due: Float64Array;
  readonly #interval: Float64Array;
  readonly #reports: Uint32Array;

  constructor(nodes: number) {
    this.#due = new Float64Array(nodes);
    this.#interval = new Float64Array(nodes).fill(1);
    this.#reports = new Uint32Array(nodes);
  }

  report(node: number, round: number): void {
    const due = this.#due[node] as number;
    const count = this.#reports[node] as number;
    const error = count === 0 ? 0 : round - due;
    const start = count === 0 ? round : due;
    const interval = Math.max(
      1,
      (this.#interval[node] as number) + (count < 2 ? error : error * INTERVAL_GAIN),
    );
    this.#interval[node] = interval;
    this.#due[node] = start + error * (count < 2 ? 1 : PHASE_GAIN) + interval;
    this.#reports[node] = count + 1;
  }

  /** In how many rounds after `round` the node's next report is due; below zero when it is late. */
  dueIn(node: number, round: number): number {
    return (this.#due[node] as number) - round;
  }
}
