import { TOKENS_PER_NETWORK } from "../../../shared/access/login/rate.ts";
import { serverMetadata } from "../../../shared/access/oauth/metadata.ts";
import { JWKS_PATH } from "../../gateway/jwks.ts";
import type { Bindings } from "../../platform/env.ts";
import { failed } from "../../platform/trouble.ts";
import { refusalPage } from "../../session/answers.ts";
import { admitNetwork } from "../../session/client-network.ts";
import { oauthAnswer, oauthError, tooMany } from "../../session/oauth-answers.ts";
import { readForm } from "../../session/same-site.ts";
import { authorize } from "./authorize.ts";
import { register } from "./register.ts";
import { takenClients } from "./resource.ts";
import { revoke } from "./revoke.ts";

/**
 * The auth host as the authorization server of apps (`docs/decisions/0032`). None of it is there while no app takes
 * clients.
 */
export async function serveMetadata(bindings: Bindings): Promise<Response> {
  const taken = await takenClients(bindings);
  if (taken === "none") return nothing();
  const document = serverMetadata(bindings.authOrigin, "/oauth/token", JWKS_PATH, taken === "any");
  // Everybody may read it, also a page that is a client.
  return oauthAnswer(document, 200, {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
  });
}

export const serveAuthorize = async (request: Request, bindings: Bindings): Promise<Response> =>
  (await takenClients(bindings)) === "none" ? nothing() : authorize(request, bindings);

export const serveRegister = (request: Request, bindings: Bindings): Promise<Response> =>
  guarded(request, bindings, () => register(request, bindings));

export const serveRevoke = (request: Request, bindings: Bindings): Promise<Response> =>
  guarded(request, bindings, async () => {
    const wait = await admitNetwork(request, bindings, "token", TOKENS_PER_NETWORK);
    if (wait > 0) return tooMany("Too many tokens were ended in your network.", wait);
    const form = await readForm(request);
    return form ? revoke(form, bindings) : oauthError("invalid_request", "Send a form.");
  });

/** A program can't read a page about a failure. */
async function guarded(
  request: Request,
  bindings: Bindings,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const { refused } = await failed(bindings, "sign-in", request, error);
    return oauthError("temporarily_unavailable", refused.detail);
  }
}

const nothing = (): Response =>
  refusalPage("not_found", "This address names no page.", { retryUrl: "/", retryLabel: "Your apps" });
