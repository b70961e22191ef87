import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { conditionsOf } from "./conditions.ts";
import type { Machine, PrivateKeys } from "./machine.ts";
import { planApply, type Step } from "./plan.ts";
import { codeWithout, takesAway } from "./step-kinds.ts";
import type { Observed, Tunnel } from "./tunnel.ts";

/** The result of an apply. */
export interface Applied {
  readonly steps: readonly Step["do"][];
  /** What this machine can't do, so that the tunnel works without it. */
  readonly conditions: readonly Condition[];
  /** The state of the system after the last step. */
  readonly seen: Observed;
}

export class ApplyFailed extends Error {
  override readonly name = "ApplyFailed";
}

/**
 * The greatest number of rounds. A look after the last step finds late effects of other programs (such as a daemon that
 * just came up), and the next round mends them.
 */
const ROUNDS = 3;

/**
 * Brings the system to the wanted state: it looks, plans, performs the steps, and looks again. It performs the steps
 * that remove or filter something even if other steps fail. Steps that only add something wait for them. If the tunnel
 * can do without a step, the failure becomes a condition.
 * @param known The state of the system at the last look. The steps from there come before the first look, since a look
 *   takes longer than the steps. The look then finds and mends the differences.
 * @throws ApplyFailed that names the failed step and what the system said, or what still differs at the end.
 */
export async function converge(
  machine: Machine,
  wanted: Tunnel,
  keys: PrivateKeys,
  known: Observed | null = null,
): Promise<Applied> {
  const done: Step["do"][] = [];
  const missing = new Map<string, Condition>();
  const left = async () => {
    const seen = await look(machine, wanted, keys);
    for (const condition of conditionsOf(seen, wanted)) missing.set(condition.code, condition);
    return { seen, steps: planApply(seen, wanted).filter((step) => !missing.has(JSON.stringify(step))) };
  };
  // The look below finds a step that failed here, and the step is tried again.
  if (known) done.push(...(await performAll(stepsFrom(known, wanted), machine, keys)).done);
  for (let round = 0; round < ROUNDS; round++) {
    const { seen, steps } = await left();
    if (steps.length === 0) return { steps: done, conditions: [...missing.values()], seen };
    const outcome = await performAll(steps, machine, keys);
    done.push(...outcome.done);
    for (const { step, condition } of outcome.missing) missing.set(JSON.stringify(step), condition);
    if (outcome.failure) throw outcome.failure;
  }
  const { seen, steps } = await left();
  if (steps.length > 0)
    throw new ApplyFailed(
      `The system does not keep what was set: ${steps.map((step) => step.do).join(", ")}`,
    );
  return { steps: done, conditions: [...missing.values()], seen };
}

/**
 * Loads the filter in any case. If somebody flushed it after the last look, new peers would otherwise come before it.
 */
function stepsFrom(known: Observed, wanted: Tunnel): readonly Step[] {
  return planApply(known, wanted).length === 0 ? [] : planApply({ ...known, filter: null }, wanted);
}

/**
 * Looks at the system. If the look fails, it must not hold up the protection: the agent performs the protecting steps
 * without it.
 */
async function look(machine: Machine, wanted: Tunnel, keys: PrivateKeys): Promise<Observed> {
  try {
    return await machine.observe();
  } catch (error) {
    const steps = planApply(await machine.observeDevice(), wanted);
    await performAll(steps.filter(takesAway), machine, keys);
    throw new ApplyFailed(`The system could not be looked at: ${messageOf(error)}`, { cause: error });
  }
}

async function performAll(steps: readonly Step[], machine: Machine, keys: PrivateKeys) {
  const done: Step["do"][] = [];
  const missing: { readonly step: Step; readonly condition: Condition }[] = [];
  let failure: ApplyFailed | null = null;
  for (const step of steps) {
    if (failure && !takesAway(step)) continue;
    try {
      await machine.perform(step, keys);
      done.push(step.do);
    } catch (error) {
      const code = codeWithout(step);
      if (code !== null) missing.push({ step, condition: condition(code, error) });
      else failure ??= new ApplyFailed(`The step ${step.do} failed: ${messageOf(error)}`, { cause: error });
    }
  }
  return { done, missing, failure };
}
