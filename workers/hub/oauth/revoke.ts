import { cookieOf, isCommandLineToken } from "../../../shared/access/login/command-line/token.ts";
import type { Bindings } from "../../platform/env.ts";
import { commandLineSession } from "../../session/command-line-session.ts";
import { signOut } from "../../session/end-sessions.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";

/** `POST /oauth/revoke`: a command line signs out (RFC 7009). A token that is already over is no error (§2.2). */
export async function revoke(form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const token = form.get("token") ?? "";
  if (!isCommandLineToken(token) || token.length > 200)
    return oauthError("invalid_request", "Only the token of a command line is ended here.");
  const vouched = await commandLineSession(cookieOf(token), bindings);
  if (vouched === "stale")
    return oauthError("temporarily_unavailable", "Sessions can't be ended right now. Try again.");
  if (typeof vouched === "object") {
    await signOut(bindings, vouched, "app", { by: vouched.session.userAgent });
  }
  return oauthAnswer({});
}
