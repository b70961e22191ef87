import type { SnapshotPolicy } from "../../registry/snapshot.ts";
import { environmentOf } from "./entities.ts";
import { CompileError } from "./errors.ts";
import { Inventory, type Registered } from "./inventory.ts";
import { compilePolicy } from "./policy.ts";
import { PolicySet } from "./policy-set.ts";
import type { Decision, RequestFacts } from "./request.ts";

/** All policies at one epoch, ready to decide. */
export interface CompiledPolicies {
  readonly set: PolicySet;
  readonly inventory: Inventory;
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
 * Throws `PolicySetError` at the first policy that the compiler does not know how to evaluate.
 */
export function compilePolicies(
  policies: readonly SnapshotPolicy[],
  registered?: Registered,
): CompiledPolicies {
  const compiled = policies.map(({ id, policy }) => {
    try {
      return compilePolicy(id, policy);
    } catch (error) {
      if (error instanceof CompileError) throw new PolicySetError(id, error.message);
      throw error;
    }
  });
  return { set: new PolicySet(compiled), inventory: new Inventory(registered) };
}

/** Decides about one request: forbid wins, erring policies are skipped and reported, the default is deny. */
export function decide(compiled: CompiledPolicies, facts: RequestFacts): Decision {
  return compiled.set.decide(environmentOf(facts, compiled.inventory));
}
