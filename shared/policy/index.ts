import type { SnapshotPolicy } from "../registry/snapshot.ts";
import { environmentOf, GroupHierarchy } from "./entities.ts";
import { CompileError } from "./errors.ts";
import { compilePolicy } from "./policy.ts";
import { PolicySet } from "./policy-set.ts";
import type { Decision, RequestFacts } from "./request.ts";

/** All policies at one epoch, ready to decide. */
export interface CompiledPolicies {
  readonly set: PolicySet;
  readonly groups: GroupHierarchy;
}

/** A stored policy can't be compiled; the whole set is refused, since leaving out a forbid would allow. */
export class PolicySetError extends Error {
  readonly policyId: string;

  constructor(policyId: string, message: string) {
    super(`${policyId}: ${message}`);
    this.policyId = policyId;
  }
}

/**
 * @param groupParents Group name to the names of the groups it is directly a member of.
 * Throws `PolicySetError` at the first policy that the compiler does not know how to evaluate.
 */
export function compilePolicies(
  policies: readonly SnapshotPolicy[],
  groupParents: Readonly<Record<string, readonly string[]>>,
): CompiledPolicies {
  const compiled = policies.map(({ id, policy }) => {
    try {
      return compilePolicy(id, policy);
    } catch (error) {
      if (error instanceof CompileError) throw new PolicySetError(id, error.message);
      throw error;
    }
  });
  return { set: new PolicySet(compiled), groups: new GroupHierarchy(groupParents) };
}

/** Decides about one request: forbid wins, erring policies are skipped and reported, the default is deny. */
export function decide(compiled: CompiledPolicies, facts: RequestFacts): Decision {
  return compiled.set.decide(environmentOf(facts, compiled.groups));
}
