import { nextChange } from "../../shared/segments/windows.ts";

/** Clocks are set meanwhile, and timers take no more than 2^31 milliseconds. */
const LONGEST_WAIT_MS = 3_600_000;

/** Rings when a rule begins or ends. */
export class RuleClock {
  #timer: NodeJS.Timeout | null = null;

  /** @param now Hub time, in milliseconds since the Unix epoch. */
  wind(rules: Parameters<typeof nextChange>[0], now: number, ring: () => void): void {
    this.stop();
    const change = nextChange(rules, now);
    if (change !== null) this.#timer = setTimeout(ring, Math.min(change - now, LONGEST_WAIT_MS));
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
