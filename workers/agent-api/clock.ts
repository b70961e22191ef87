import { MAX_CLOCK_SKEW_MS } from "../../shared/node/protocol/types.ts";
import { throwRefusal } from "../platform/refused.ts";

/**
 * Refuses a statement when its time differs from the hub's time by more than five minutes. The refusal tells both
 * times.
 */
export function requireClock(statedAt: number, now: number): void {
  if (Math.abs(statedAt - now) <= MAX_CLOCK_SKEW_MS) return;
  const [node, hub] = [new Date(statedAt), new Date(now)].map((time) => time.toISOString());
  throwRefusal(
    "clock_skewed",
    `The node's clock says ${node}, the hub's ${hub}. Set the node's clock and try again.`,
  );
}
