import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import { holds, type Policy } from "./policy.ts";

/** Thrown where a policy asks for what is not known of a request: whether it holds depends on that. */
export const UNKNOWN = Symbol("not known of the request");

/** What policies say to requests of which not everything is known. */
export interface Outlook {
  /** `yes`: every such request is allowed; `no`: none is; `depends`: it turns on what is not known. */
  readonly answer: "yes" | "depends" | "no";
  /** Ids of the statements that say so: those that permit, or those that forbid. */
  readonly by: readonly string[];
  /** Those that would decide otherwise, if what is not known is as they ask. */
  readonly unless: readonly string[];
}

/**
 * Judges all requests at once that an environment with gaps stands for. It is cautious: where a policy looks at a gap at all,
 * the answer is `depends`, even if it would come to the same whatever stood there.
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

/** A policy that errs is skipped, as Cedar does. */
function doesHold(policy: Policy, env: Environment): boolean | "depends" {
  try {
    return holds(policy, env);
  } catch (error) {
    if (error === UNKNOWN) return "depends";
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}
