import { type Federation, federationProblems } from "../../shared/access/workload/federation.ts";
import type { FederationInput } from "../../shared/api/credentials.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";

/** A federation with all of its fields. */
export const wholeFederation = (
  { authOrigin }: Pick<Bindings, "authOrigin">,
  { issuer, audience = authOrigin, claims, keys = null, singleUse = true }: FederationInput,
): Federation & { claims: string[] } => ({ issuer, audience, claims: [...claims], keys, singleUse });

/** A federation in the form in which it is stored. Refuses one that would let strangers in, or that nobody could use. */
export function checkedFederation(bindings: Bindings, input: FederationInput | null): string | null {
  if (input === null) return null;
  const federation = wholeFederation(bindings, input);
  const problems = [...federationProblems(federation), ...addressProblems(bindings, federation)];
  if (problems.length > 0) {
    throwRefusal("invalid_input", `The federation is refused: ${problems.join("; ")}.`, {
      issues: problems.map((message) => ({ path: "/federation", message })),
    });
  }
  return JSON.stringify(federation);
}

/** Keys that are found by discovery come from a public address. Keys that are written down come from nowhere. */
function addressProblems(bindings: Bindings, { issuer, keys }: Federation): string[] {
  if (keys !== null || !URL.canParse(issuer)) return [];
  const { origin, protocol, host } = new URL(issuer);
  const { developmentHosts } = bindings;
  if (protocol !== "https:" && !developmentHosts.includes(host))
    return ["the issuer must be https, unless its keys are written down"];
  const checked = checkUpstream(origin, { developmentHosts, ownHosts: networkHosts(bindings) });
  return checked.ok ? [] : ["the issuer is not at a public address: write its keys down (`keys`)"];
}
