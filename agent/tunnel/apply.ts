import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { conditionsOf } from "./conditions.ts";
import type { Machine, PrivateKeys } from "./machine.ts";
import { planApply, type Step } from "./plan.ts";
import { codeWithout, takesAway } from "./step-kinds.ts";
import type { Observed, Tunnel } from "./tunnel.ts";

/** What an apply came to. */
export interface Applied {
  readonly steps: readonly Step["do"][];
  /** What this machine does not do, and the tunnel does without. */
  readonly conditions: readonly Condition[];
  /** How the system stands after the last step, as it was seen. */
  readonly seen: Observed;
}

export class ApplyFailed extends Error {
  override readonly name = "ApplyFailed";
}

/** A look after the last step finds late effects of others (a daemon that just came up) and mends them. */
const ROUNDS = 3;

/**
 * Brings the system to what is wanted: looks, plans, does it, and looks again. What takes away and what filters is done
 * whatever else fails; what only adds waits for it. A step that the tunnel can do without becomes a condition.
 * @param known How the system stood when it was last seen: the steps from there are done before the first look, which
 *   takes longer than they do, and finds and mends where something else had changed.
 * @throws ApplyFailed naming the step that failed and what the system said, or what still differs at the end.
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
  // What fails here is looked at, and done anew, below.
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

/** The filter goes along whatever was seen: were it flushed since, new peers would come before it. */
function stepsFrom(known: Observed, wanted: Tunnel): readonly Step[] {
  return planApply(known, wanted).length === 0 ? [] : planApply({ ...known, filter: null }, wanted);
}

/** What can't be seen must not hold up what protects: it is done by itself, without a look at the rest. */
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
