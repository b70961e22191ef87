import type * as oauth from "oauth4webapi";
import { type Claims, claimAt } from "../../../shared/access/login/claim-at.ts";
import { type ClaimSource, sourceOf, withClaim } from "../../../shared/access/login/claim-sources.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderAway, providerFetch } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { verifyJws } from "./verify-jws.ts";

/** The most seconds that two clocks may differ. */
const SKEW = 60;

/**
 * Fetches the groups that a provider keeps at another place. Only a token that the provider itself signed
 * about the same subject is accepted. If there is no such token, the claims stay unchanged and are refused
 * when they are read.
 *
 * @throws `ProviderAway`
 */
export async function withGroups(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
  claims: Claims,
): Promise<Claims> {
  const source = sourceOf(claims, provider.groupsClaim);
  if (source === null || source.kind === "unknown") return claims;
  try {
    const jwt = source.kind === "aggregated" ? source.jwt : await fetchToken(bindings, source);
    const { claims: found } = await verifyJws(bindings, server, jwt);
    const isCurrent = found.exp === undefined || Number(found.exp) > Date.now() / 1_000 - SKEW;
    const isOurs = found.iss === server.issuer && (found.sub === undefined || found.sub === claims.sub);
    const groups = claimAt(found, provider.groupsClaim);
    return isCurrent && isOurs && groups !== undefined
      ? withClaim(claims, provider.groupsClaim, groups)
      : claims;
  } catch (error) {
    if (error instanceof ProviderAway) throw error;
    return claims;
  }
}

async function fetchToken(
  bindings: Bindings,
  { endpoint, accessToken }: Extract<ClaimSource, { kind: "distributed" }>,
): Promise<string> {
  const authorization = accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` };
  const headers = { Accept: "application/jwt", ...authorization };
  const response = await providerFetch(bindings)(endpoint, { headers });
  if (!response.ok) throw new Error(`the source of a claim answered ${response.status}`);
  return (await response.text()).trim();
}
