import type { Log } from "../log.ts";
import type { Step } from "./plan.ts";

/** A moment at which the protection was not as the config says, and what mended it. */
export interface Drift {
  /** By this machine's clock. */
  readonly at: number;
  readonly steps: readonly Step["do"][];
}

/** The steps that bring back what drops packets, or take away a peer that the config does not name. */
export const GUARDING: readonly Step["do"][] = ["load-filter", "raise-fence", "remove-peers"];
export const MOST_DRIFTS = 16;

/** Logs what another program changed in the tunnel and the agent mended. */
export function tellMended(log: Log, steps: readonly string[]): void {
  if (steps.length > 0) log.warn(`Mended what somebody changed: ${steps.join(", ")}`);
}
