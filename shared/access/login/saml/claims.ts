import type { Claims } from "../claim-at.ts";
import type { SamlIdentity } from "./assertion.ts";

/**
 * What an assertion says, in the words of OpenID Connect. Attributes are claims by their names; a list of one value is that
 * value. What says who and when is ours to say: no attribute takes its place. SAML has no word for whether an address is
 * verified; an attribute `email_verified` may be.
 */
export function claimsOf(identity: SamlIdentity, emailClaim: string): Claims {
  const attributes = [...identity.attributes]
    .filter(([name]) => !name.startsWith("_claim_") && !/^has[a-z]/.test(name))
    .map(([name, values]) => [name, values.length === 1 ? values[0] : values] as const);
  const claims = Object.fromEntries(attributes);
  const fromName =
    identity.isAddress && claims[emailClaim] === undefined ? { [emailClaim]: identity.subject } : {};
  return {
    ...claims,
    ...fromName,
    name: claims.name ?? claims.displayName,
    sub: identity.subject,
    auth_time: identity.authenticatedAt,
    acr: identity.context ?? undefined,
    sid: identity.sessionIndex ?? undefined,
    amr: undefined,
  };
}
