import { TOKENS_PER_NETWORK } from "../../shared/access/login/rate.ts";
import type { Bindings } from "../platform/env.ts";
import { failed } from "../platform/trouble.ts";
import { admitNetwork } from "../session/client-network.ts";
import { oauthError, tooMany } from "../session/oauth-answers.ts";
import { readForm } from "../session/same-site.ts";
import { AUTHORIZATION_CODE, byCode, byRefreshToken, REFRESH_TOKEN } from "./oauth/token.ts";
import { exchange, TOKEN_EXCHANGE } from "./workload/exchange.ts";

/** On the auth host: where programs get access tokens for apps, for themselves or for a person (RFC 6749 §3.2). */
export const TOKEN_ENDPOINT = "/oauth/token";

/** JWTs are up to 64 KiB long (`parseJws`). */
const MAX_FORM_BYTES = 80_000;

/** Fields that may occur more than once (RFC 8693 §2.1). Of any other field, readers disagree about which value counts. */
const REPEATABLE = new Set(["resource", "audience"]);

export async function serveToken(request: Request, bindings: Bindings): Promise<Response> {
  try {
    const wait = await admitNetwork(request, bindings, "token", TOKENS_PER_NETWORK);
    if (wait > 0) return tooMany("Too many tokens were asked for in your network.", wait);
    const form = await readForm(request, MAX_FORM_BYTES);
    if (form === null) return oauthError("invalid_request", "Send a form.");
    const once = [...form.keys()].filter((name) => !REPEATABLE.has(name));
    if (new Set(once).size !== once.length)
      return oauthError("invalid_request", "The form names a field twice.");
    switch (form.get("grant_type")) {
      case AUTHORIZATION_CODE:
        return await byCode(request, form, bindings);
      case REFRESH_TOKEN:
        return await byRefreshToken(form, bindings);
      case TOKEN_EXCHANGE:
        return await exchange(form, bindings);
      default: {
        const all = `${AUTHORIZATION_CODE}, ${REFRESH_TOKEN} or ${TOKEN_EXCHANGE}`;
        return oauthError("unsupported_grant_type", `\`grant_type\` must be ${all}.`);
      }
    }
  } catch (error) {
    const { refused } = await failed(bindings, "sign-in", request, error);
    return oauthError("temporarily_unavailable", refused.detail);
  }
}
