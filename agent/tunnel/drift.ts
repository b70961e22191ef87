import type { Condition } from "../../shared/node/protocol/types.ts";
import { condition } from "../health/condition.ts";
import type { Log } from "../log.ts";
import type { Step } from "./plan.ts";

/** A moment at which the protection was not as the config says, and what mended it. */
export interface Drift {
  /** By this machine's clock. */
  readonly at: number;
  readonly steps: readonly Step["do"][];
}

/** The steps that bring back what drops packets, or take away a peer that the config does not name. */
const GUARDING: readonly Step["do"][] = ["load-filter", "raise-fence", "remove-peers"];
export const MOST_DRIFTS = 16;
/** So many drifts in so much time are a fight with another program. */
const FIGHT = { drifts: 8, withinMs: 60_000, overAfterMs: 5 * 60_000 } as const;
/**
 * How long the agent waits between two looks during a fight. Meanwhile the fence keeps the tunnel shut where the table is
 * gone.
 */
const FIGHT_PAUSE_MS = 10_000;

/** What another program changed in the protection of this node, and how often. */
export class DriftLog {
  #untold: readonly Drift[] = [];
  #recent: readonly number[] = [];
  #foughtAt = Number.NEGATIVE_INFINITY;

  /**
   * @param steps What mended the system.
   * @param now Milliseconds of this machine's clock; `steady` of one that nobody sets.
   */
  note(steps: readonly Step["do"][], now: number, steady: number): void {
    const guarding = [...new Set(steps.filter((step) => GUARDING.includes(step)))];
    if (guarding.length === 0) return;
    this.#untold = [...this.#untold, { at: now, steps: guarding }].slice(-MOST_DRIFTS);
    this.#recent = [...this.#recent, steady].slice(-FIGHT.drifts);
    const isFight = this.#recent.length === FIGHT.drifts && steady - (this.#recent[0] ?? 0) <= FIGHT.withinMs;
    if (isFight || this.isFight(steady)) this.#foughtAt = steady;
  }

  /** What the hub has not heard, the newest last. */
  get untold(): readonly Drift[] {
    return this.#untold;
  }

  told(drifts: readonly Drift[]): void {
    this.#untold = this.#untold.filter((drift) => !drifts.includes(drift));
  }

  /** How long the agent waits before it looks again after a change. 0 when nobody fights it. */
  pauseMs(steady: number): number {
    return this.isFight(steady) ? FIGHT_PAUSE_MS : 0;
  }

  conditions(steady: number): readonly Condition[] {
    if (!this.isFight(steady)) return [];
    const what = "Another program takes away again and again what protects this node";
    const then = `the agent puts it back each ${FIGHT_PAUSE_MS / 1_000} s, and the tunnel is shut meanwhile`;
    return [condition("filter_contested", `${what}: ${then}. \`nft monitor\` shows who`)];
  }

  /** Whether another program takes the protection away again and again. */
  isFight(steady: number): boolean {
    return steady - this.#foughtAt < FIGHT.overAfterMs;
  }
}

/** Logs what another program changed in the tunnel and the agent mended. */
export function tellMended(log: Log, steps: readonly string[]): void {
  if (steps.length > 0) log.warn(`Mended what somebody changed: ${steps.join(", ")}`);
}
