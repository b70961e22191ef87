import * as oauth from "oauth4webapi";
import type { Bindings } from "../../platform/env.ts";
import type { Answer } from "../method.ts";
import { ProviderFault } from "../provider-fault.ts";
import { ProviderAway } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { discover, requestOptions } from "./discovery.ts";
import { clientAuthentication, faultOf, userinfoOf, verifiedClaims } from "./provider-tokens.ts";

/** Tokens of providers have at most a few kilobytes. */
const MAX_TOKEN = 16_384;

/**
 * Asks the provider about a user with a refresh token (OpenID Connect Core §12). If the provider replaces the
 * token, the new token is stored before anything else in the answer is read.
 *
 * @param keep Stores the new token. Returns false if we may no longer store it.
 */
export async function askProvider(
  bindings: Bindings,
  provider: Provider,
  subject: string,
  token: string,
  keep: (token: string) => Promise<boolean>,
): Promise<Answer> {
  try {
    const server = await discover(bindings, provider.issuer);
    const client: oauth.Client = { client_id: provider.clientId };
    const authentication = await clientAuthentication(bindings, provider, server);
    const options = requestOptions(bindings, provider.issuer);
    const sent = oauth.refreshTokenGrantRequest(server, client, authentication, token, options);
    const response = await sent.catch((error: unknown) => {
      if (isTimeout(error)) throw new Unanswered();
      throw error;
    });
    const rotated = await refreshTokenIn(response.clone());
    if (rotated !== null && rotated !== token && !(await keep(rotated))) return { kind: "superseded" };
    const tokens = await oauth.processRefreshTokenResponse(server, client, response);
    const claims =
      tokens.id_token === undefined
        ? await userinfoOf(bindings, provider, server, tokens.access_token, subject)
        : await verifiedClaims(bindings, provider, server, tokens);
    if (claims.sub !== subject) throw new ProviderFault("the answer speaks of another subject");
    return { kind: "claims", claims };
  } catch (error) {
    if (error instanceof Unanswered) return { kind: "unanswered", problem: "no answer in time" };
    if (error instanceof ProviderAway) return { kind: "away", problem: error.message };
    if (error instanceof oauth.ResponseBodyError && error.error === "invalid_grant") {
      return { kind: "token_refused" };
    }
    return { kind: "failed", problem: faultOf(error) };
  }
}

/** The provider received the token and may have used it, but its answer was lost. */
class Unanswered extends Error {}

const isTimeout = (error: unknown): boolean =>
  error instanceof ProviderAway && error.cause instanceof Error && error.cause.name === "TimeoutError";

async function refreshTokenIn(response: Response): Promise<string | null> {
  const body: unknown = response.ok ? await response.json().catch(() => null) : null;
  const token =
    typeof body === "object" && body !== null && "refresh_token" in body ? body.refresh_token : null;
  return typeof token === "string" && token !== "" && token.length <= MAX_TOKEN ? token : null;
}
