import { type Claims, claimAt, isClaims, rootOf } from "./claim-at.ts";

/** Where the value of a claim is, if the value is outside the token (OpenID Connect Core §5.6.2). */
export type ClaimSource =
  /** In a second token inside the claims: an aggregated claim. */
  | { readonly kind: "aggregated"; readonly jwt: string }
  /** At an endpoint that answers with a token: a distributed claim. */
  | { readonly kind: "distributed"; readonly endpoint: string; readonly accessToken: string | null }
  /** At a place that the standard gives no way to ask. */
  | { readonly kind: "unknown" };

/** Where the claims say that the value of this claim is. Null if the claims don't refer to another place. */
export function sourceOf(claims: Claims, name: string): ClaimSource | null {
  const { _claim_names: names, _claim_sources: sources } = claims;
  // A malformed `_claim_names` may refer to any claim that is missing here.
  if (names !== undefined && names !== null && !isClaims(names))
    return claimAt(claims, name) === undefined ? { kind: "unknown" } : null;
  const source = isClaims(names) ? (names[name] ?? names[rootOf(names, name)]) : undefined;
  if (source === undefined) return saysOnlyThatThereAreSome(claims, name) ? { kind: "unknown" } : null;
  const found = isClaims(sources) && typeof source === "string" ? sources[source] : undefined;
  if (!isClaims(found)) return { kind: "unknown" };
  if (typeof found.JWT === "string") return { kind: "aggregated", jwt: found.JWT };
  const { endpoint, access_token: token } = found;
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return { kind: "unknown" };
  return { kind: "distributed", endpoint, accessToken: typeof token === "string" ? token : null };
}

/** Entra ID sends this short marker instead of a list that would be too long: `hasgroups: true`. */
const saysOnlyThatThereAreSome = (claims: Claims, name: string): boolean =>
  claims[name] === undefined && (claims[`has${name}`] === true || claims[`has${name}`] === "true");

/** The claims with this value as the claim, and without the reference to another place. */
export function withClaim(claims: Claims, name: string, value: unknown): Claims {
  const names = isClaims(claims._claim_names) ? claims._claim_names : {};
  const root = rootOf(names, name);
  const left = Object.fromEntries(Object.entries(names).filter(([key]) => key !== name && key !== root));
  return { ...claims, _claim_names: left, [name]: value };
}
