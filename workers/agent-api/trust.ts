import { CAPABILITY, LEAST_CAPABILITY, type TrustAnswer } from "../../shared/node/protocol/types.ts";
import { allRoots } from "../mesh/roots.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";

/**
 * Gives every root to agents that join. Each agent verifies the chain, from the hash that its enrolment key carries.
 */
export async function trust(bindings: Bindings, now: number): Promise<TrustAnswer> {
  const roots = await allRoots(bindings.db);
  if (roots.length === 0) {
    throwRefusal(
      "trust_not_initialised",
      "The network has no root yet: an administrator runs `rustronaut trust init`.",
    );
  }
  // This comes after the refusal, because the first reading of the state makes the network's id. A stranger who asks
  // before there is a network must not cause that.
  const { networkId } = await meshState(bindings.db);
  return {
    network: networkId,
    roots: roots.map(({ envelope }) => envelope),
    hubTime: now,
    capability: { least: LEAST_CAPABILITY, current: CAPABILITY },
  };
}
