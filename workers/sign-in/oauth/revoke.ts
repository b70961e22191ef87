import { isClientToken, openClientToken } from "../../gateway/client-token.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshSnapshot } from "../../registry/snapshot.ts";
import { vouchedFor } from "../../session/current-session.ts";
import { signOut } from "../../session/end-sessions.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";
import { openRefreshToken } from "./refresh-token.ts";

/**
 * `POST /oauth/revoke`: a client signs out (RFC 7009). Either of its tokens ends the session, and so both. A token that is
 * already over, or none of ours, is no error (§2.2).
 */
export async function revoke(form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const text = form.get("token") ?? "";
  if (text === "") return oauthError("invalid_request", "Send the `token` that shall end.");
  const refresh = await openRefreshToken(bindings, text);
  const clientId = form.get("client_id");
  if (refresh && clientId !== null && clientId !== refresh.clientId)
    return oauthError("invalid_grant", "The token is another program's.");
  const token = refresh ?? (isClientToken(text) ? await openClientToken(bindings, text) : null);
  const app = token && (await freshSnapshot(bindings)).apps.find(({ id }) => id === token.appId);
  if (!token || !app) return oauthAnswer({});
  const scope = { segmentId: app.segmentId, appId: app.id };
  const vouched = await vouchedFor(null, token.cookie, bindings, scope);
  if (vouched === "stale")
    return oauthError("temporarily_unavailable", "Sessions can't be ended right now. Try again.");
  if (typeof vouched === "object") {
    if (clientId !== null && clientId !== vouched.session.client?.id)
      return oauthError("invalid_grant", "The token is another program's.");
    await signOut(bindings, vouched, "app", { by: vouched.session.userAgent });
  }
  return oauthAnswer({});
}
