import type { SnapshotPolicy } from "../../registry/snapshot.ts";
import { environmentOf } from "./entities.ts";
import { CompileError } from "./errors.ts";
import { grantPolicies } from "./grant-links.ts";
import { Inventory, type Registered } from "./inventory.ts";
import { compilePolicy } from "./policy.ts";
import { PolicySet } from "./policy-set.ts";
import type { Decision, RequestFacts } from "./request.ts";

/** All policies of one epoch, compiled. */
export interface CompiledPolicies {
  readonly set: PolicySet;
  readonly inventory: Inventory;
}

/**
 * A stored policy can't be compiled. Then the whole set is refused, because leaving out a forbid would allow
 * requests.
 */
export class PolicySetError extends Error {
  readonly policyId: string;

  constructor(policyId: string, message: string) {
    super(`${policyId}: ${message}`);
    this.policyId = policyId;
  }
}

/** @throws PolicySetError At the first policy that the compiler can't compile. */
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

/**
 * Decides about one request. A forbid wins over a permit. Policies that fail are skipped and reported. The
 * default is deny. The caller's grants are policies beside the published ones.
 */
export function decide(compiled: CompiledPolicies, facts: RequestFacts): Decision {
  return compiled.set.decide(environmentOf(facts, compiled.inventory), grantPolicies(facts));
}
