import { messageOf } from "../failure.ts";
import { observe, type Place, perform } from "../system/system.ts";
import { planApply, type Step } from "./plan.ts";
import type { Tunnel } from "./tunnel.ts";

/** Gives the base64 private key that belongs to a public key. */
export type PrivateKeys = (publicKey: string) => Promise<string>;

/** What an apply came to. */
export interface Applied {
  readonly steps: readonly Step["do"][];
}

export class ApplyFailed extends Error {
  override readonly name = "ApplyFailed";
}

/** A look after the last step finds late effects of others (a daemon that just came up) and mends them. */
const ROUNDS = 3;

/**
 * Brings the system to what is wanted: looks, plans, does it, and looks again.
 * @throws ApplyFailed naming the step that failed and what the system said, or what still differs at the end.
 */
export async function converge(place: Place, wanted: Tunnel, keys: PrivateKeys): Promise<Applied> {
  const done: Step["do"][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = planApply(await observe(place), wanted);
    if (steps.length === 0) return { steps: done };
    for (const step of steps) {
      try {
        await perform(step, place, keys);
      } catch (error) {
        throw new ApplyFailed(`The step ${step.do} failed: ${messageOf(error)}`, { cause: error });
      }
      done.push(step.do);
    }
  }
  const left = planApply(await observe(place), wanted);
  if (left.length > 0)
    throw new ApplyFailed(`The system does not keep what was set: ${left.map((step) => step.do).join(", ")}`);
  return { steps: done };
}
