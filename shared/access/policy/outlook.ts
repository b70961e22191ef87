import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import { holds, type Policy } from "./policy.ts";

/**
 * Thrown if a policy reads a fact of the request that is not known. Then the result of the policy depends on
 * that fact.
 */
export const UNKNOWN = Symbol("not known of the request");

/** What policies decide about requests that are only partly known. */
export interface Outlook {
  /**
   * `yes`: every such request is allowed. `no`: every such request is denied. `depends`: the unknown facts
   * decide.
   */
  readonly answer: "yes" | "depends" | "no";
  /** The ids of the statements behind the answer: the statements that permit, or those that forbid. */
  readonly by: readonly string[];
  /** The ids of the statements that would change the answer, if the unknown facts match their conditions. */
  readonly unless: readonly string[];
}

/**
 * Judges all requests at once that an environment with gaps stands for. The result is cautious: if a policy
 * reads a gap, the answer is `depends`, even if every value would lead to the same decision.
 */
export function outlookOf(policies: readonly Policy[], env: Environment): Outlook {
  const found = { permit: { sure: [], open: [] }, forbid: { sure: [], open: [] } } as Record<
    Policy["effect"],
    { sure: string[]; open: string[] }
  >;
  for (const policy of policies) {
    const answer = doesHold(policy, env);
    if (answer !== false) found[policy.effect][answer === true ? "sure" : "open"].push(policy.id);
  }
  const { permit, forbid } = found;
  if (forbid.sure.length > 0) return { answer: "no", by: forbid.sure, unless: [] };
  if (permit.sure.length === 0 && permit.open.length === 0) return { answer: "no", by: [], unless: [] };
  if (permit.sure.length === 0) return { answer: "depends", by: [], unless: permit.open };
  const answer = forbid.open.length > 0 ? "depends" : "yes";
  return { answer, by: permit.sure, unless: forbid.open };
}

/** A policy that fails is skipped, as Cedar does. */
function doesHold(policy: Policy, env: Environment): boolean | "depends" {
  try {
    return holds(policy, env);
  } catch (error) {
    if (error === UNKNOWN) return "depends";
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}
