import { parseJws } from "../../../shared/access/login/jws.ts";
import { type LogoutToken, readLogoutToken } from "../../../shared/access/login/logout-token.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject, coordinatorObject } from "../../platform/objects.ts";
import { noteEnding } from "../../session/events.ts";
import { readForm } from "../../session/same-site.ts";
import { indexEnded, liveOwners } from "../../session/session-index.ts";
import { ProviderFault } from "../provider-fault.ts";
import { enabledProviders, type Provider } from "../providers.ts";
import { discover } from "./discovery.ts";
import { verifyJws } from "./verify-jws.ts";

/**
 * `POST /.rustronaut/backchannel-logout`: an identity provider ends sessions (OpenID Connect Back-Channel
 * Logout 1.0).
 */
export async function serveBackchannelLogout(request: Request, bindings: Bindings): Promise<Response> {
  const token = (await readForm(request))?.get("logout_token") ?? "";
  const parsed = parseJws(token);
  if (!parsed.ok) return answer(400, parsed.error);
  const provider = await providerOf(bindings, parsed.value.claims.iss, parsed.value.claims.aud);
  if (!provider) return answer(400, "the issuer is not known here");
  try {
    const server = await discover(bindings, provider.issuer);
    const { header, claims } = await verifyJws(bindings, server, token);
    if (!isLogoutType(header.typ)) return answer(400, "typ must be logout+jwt");
    if (claims.iss !== server.issuer) return answer(400, "iss is not the provider");
    const logout = readLogoutToken(claims, provider, Date.now());
    if (!logout.ok) return answer(400, logout.error);
    return await endNamed(bindings, provider, logout.value);
  } catch (error) {
    if (error instanceof ProviderFault) return answer(400, error.message);
    throw error;
  }
}

/**
 * The type is only recommended (Back-Channel Logout 1.0 §2.4), and not every provider sends it: the logout event, which
 * no other token has, is what tells. A token that says that it is something else is none.
 */
const isLogoutType = (typ: string | null): boolean =>
  typ === null || ["jwt", "logout+jwt", "application/logout+jwt"].includes(typ);

async function endNamed(bindings: Bindings, provider: Provider, logout: LogoutToken): Promise<Response> {
  const token = hashSecret(`${provider.id}:${logout.jti}`);
  const spent = attemptsObject(bindings, token);
  if (await spent.isSpent(token)) return answer(400, "the token was used before");
  const actor = `provider:${provider.id}`;
  await noteEnding(bindings, ["session", "session.provider_logout", actor, provider.id], async () => {
    const { ended } = await coordinatorObject(bindings).endEverywhere(
      await ownersOf(bindings, provider, logout),
      { by: "provider", providerId: provider.id, subject: logout.subject, sid: logout.sid },
      "provider_logout",
    );
    await indexEnded(bindings.db, ended, "provider_logout");
    // This comes last, so that the provider may send the token again if an earlier step failed.
    await spent.spend(token, logout.rememberUntil);
    return { ended: ended.length };
  });
  return answer(200);
}

/** The owners of the subject's sessions. If only the provider's session id is known, all active owners. */
async function ownersOf(
  bindings: Bindings,
  provider: Provider,
  logout: LogoutToken,
): Promise<string[] | null> {
  if (logout.subject === null) return null;
  const identity = await bindings.db
    .prepare("SELECT user_id AS userId FROM identities WHERE provider_id = ? AND subject = ?")
    .bind(provider.id, logout.subject)
    .first<{ userId: string }>();
  return identity ? liveOwners(bindings.db, identity) : [];
}

async function providerOf(bindings: Bindings, iss: unknown, aud: unknown): Promise<Provider | null> {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  const providers = await enabledProviders(bindings.db);
  return (
    providers.find(
      ({ kind, issuer, clientId }) =>
        kind === "oidc" && typeof iss === "string" && sameIssuer(issuer, iss) && audiences.includes(clientId),
    ) ?? null
  );
}

/** Administrators write issuers with or without a final slash. The exact issuer is checked after discovery. */
const sameIssuer = (a: string, b: string): boolean => a.replace(/\/$/, "") === b.replace(/\/$/, "");

function answer(status: 200 | 400, description?: string): Response {
  const body =
    description === undefined ? null : { error: "invalid_request", error_description: description };
  return new Response(body && JSON.stringify(body), {
    status,
    headers: {
      "Cache-Control": "no-store",
      "Content-Type": "application/json",
      "X-Rustronaut-Response": "backchannel_logout",
    },
  });
}
