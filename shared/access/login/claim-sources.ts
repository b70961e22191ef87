import { type Claims, claimAt, isClaims, rootOf } from "./claim-at.ts";

/** Where the value of a claim is that stands elsewhere (OpenID Connect Core §5.6.2). */
export type ClaimSource =
  /** In a token beside it: an aggregated claim. */
  | { readonly kind: "aggregated"; readonly jwt: string }
  /** Behind an endpoint that answers with a token: a distributed claim. */
  | { readonly kind: "distributed"; readonly endpoint: string; readonly accessToken: string | null }
  /** Nowhere that the standard tells how to ask. */
  | { readonly kind: "unknown" };

/** Where the claims say that this one stands, or null when they do not send elsewhere for it. */
export function sourceOf(claims: Claims, name: string): ClaimSource | null {
  const { _claim_names: names, _claim_sources: sources } = claims;
  // Malformed, it may name any claim that is not here.
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

/** Entra ID's short word in place of a list that would be too long: `hasgroups: true`. */
const saysOnlyThatThereAreSome = (claims: Claims, name: string): boolean =>
  claims[name] === undefined && (claims[`has${name}`] === true || claims[`has${name}`] === "true");

/** The claims with the value in its place, and without the word that it stands elsewhere. */
export function withClaim(claims: Claims, name: string, value: unknown): Claims {
  const names = isClaims(claims._claim_names) ? claims._claim_names : {};
  const root = rootOf(names, name);
  const left = Object.fromEntries(Object.entries(names).filter(([key]) => key !== name && key !== root));
  return { ...claims, _claim_names: left, [name]: value };
}
