import type { Claims } from "../claim-at.ts";
import type { SamlIdentity } from "./assertion.ts";

/**
 * The content of an assertion in the terms of OpenID Connect. An attribute becomes a claim of the same name.
 * A list with one value becomes that value. Our own code sets the claims about who signed in and when, so no
 * attribute can replace them. SAML doesn't define whether an address is verified, but a provider may send an
 * attribute `email_verified`.
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
