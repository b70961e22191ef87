import {
  AUTHORIZE,
  DEVICE_AUTHORIZATION,
  DEVICE_PAGE,
  REVOKE,
  TOKEN,
} from "../../../shared/access/login/command-line/request.ts";
import type { Bindings } from "../../platform/env.ts";
import { failed } from "../../platform/trouble.ts";
import { redirect } from "../../session/answers.ts";
import { oauthError } from "../../session/oauth-answers.ts";
import { readForm } from "../../session/same-site.ts";
import { authorize } from "./authorize.ts";
import { authorizeDevice } from "./device.ts";
import { revoke } from "./revoke.ts";
import { token } from "./token.ts";

export const isOAuth = (pathname: string): boolean =>
  pathname === DEVICE_PAGE || pathname.startsWith("/oauth/");

/**
 * The hub as the authorization server of its command line (`docs/decisions/0021`). Returns null for what is not here, or
 * has another method.
 */
export async function serveOAuth(request: Request, url: URL, bindings: Bindings): Promise<Response | null> {
  const { pathname } = url;
  if (request.method === "GET") {
    if (pathname === DEVICE_PAGE) return redirect(`${bindings.authOrigin}${DEVICE_PAGE}`, "device");
    return pathname === AUTHORIZE ? authorize(request, url, bindings) : null;
  }
  if (request.method !== "POST" || ![DEVICE_AUTHORIZATION, TOKEN, REVOKE].includes(pathname)) return null;
  try {
    return await answerForm(request, pathname, bindings);
  } catch (error) {
    const { refused } = await failed(bindings, "hub", request, error);
    return oauthError("temporarily_unavailable", refused.detail);
  }
}

async function answerForm(request: Request, pathname: string, bindings: Bindings): Promise<Response> {
  if (isOfAPage(request)) return oauthError("invalid_request", "Only a command line asks here, no page.");
  const form = await readForm(request);
  if (form === null) return oauthError("invalid_request", "Send a form.");
  // Readers disagree about which of two values counts (RFC 6749 §3.2).
  if (new Set(form.keys()).size !== [...form.keys()].length)
    return oauthError("invalid_request", "The form names a field twice.");
  if (pathname === TOKEN) return token(request, form, bindings);
  if (pathname === REVOKE) return revoke(form, bindings);
  return authorizeDevice(request, form, bindings);
}

/**
 * Whether a page in a browser sends the request. A browser says so with each POST (Fetch §3.1). Any site could otherwise
 * use up, by its visitors, how often their network may ask.
 */
const isOfAPage = ({ headers }: Request): boolean => headers.has("Origin") || headers.has("Sec-Fetch-Site");
