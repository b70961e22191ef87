import { isVerifier } from "../../../shared/access/login/command-line/request.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { parseSessionCookie } from "../../../shared/access/login/session-cookie.ts";
import type { AppAttempt, AskingClient, Redeemed } from "../../../shared/access/login/types.ts";
import { heldByClient } from "../../../shared/access/oauth/client.ts";
import { ACCESS } from "../../../shared/access/oauth/scope.ts";
import { takesClient } from "../../../shared/access/oauth/settings.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { sealClientToken } from "../../gateway/client-token.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject, sessionsObject } from "../../platform/objects.ts";
import { noteEnding } from "../../session/events.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";
import { openFromSignIn } from "../../session/open-from.ts";
import { endReplayed } from "../../session/replayed-code.ts";
import { indexEnded } from "../../session/session-index.ts";
import { isKnown, noteClientUse } from "./clients.ts";
import { openRefreshToken, type RefreshToken, sealRefreshToken } from "./refresh-token.ts";
import { appOfResource, appTakingClients, hostOf } from "./resource.ts";

export const AUTHORIZATION_CODE = "authorization_code";
export const REFRESH_TOKEN = "refresh_token";

/** How long an access token works. Its session may end earlier, and the token with it. */
const ACCESS_TOKEN_SECONDS = 600;

const AGAIN = "Ask the person again.";
const WRONG_APP = "The `resource` is not the app that the person agreed to.";

/** A client shows the code of its person's answer (RFC 6749 §4.1.3). */
export async function byCode(request: Request, form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const code = parseCode(form.get("code"));
  const verifier = form.get("code_verifier") ?? "";
  if (!code || !isVerifier(verifier) || !form.get("client_id") || !form.get("redirect_uri"))
    return oauthError("invalid_request", "Send `code`, `code_verifier`, `client_id` and `redirect_uri`.");
  const resource = form.get("resource");
  const named = resource === null ? null : await appOfResource(bindings, resource);
  if (resource !== null && !named) return oauthError("invalid_target", WRONG_APP);
  const redeemed = await attemptsObject(bindings, code.id).redeem(
    code.id,
    hashSecret(code.secret),
    [hashSecret(verifier)],
    named && hostOf(bindings, named),
    { id: form.get("client_id") ?? "", redirectUri: form.get("redirect_uri") ?? "" },
  );
  if (!redeemed.ok) return refuse(bindings, code.id, redeemed);
  const { attempt, handoff } = redeemed;
  const app = await appTakingClients(bindings, attempt.appId);
  const { client } = attempt;
  if (!client || !app || !(await isStillTaken(bindings, app, client)))
    return oauthError("invalid_grant", `The app does not take this program any more. ${AGAIN}`);
  const { idleSeconds, absoluteSeconds } = app.settings;
  const opened = await openFromSignIn(request, bindings, code.id, handoff, {
    app,
    isBelow: false,
    lifetime: { idleSeconds, absoluteSeconds },
    userAgent: heldByClient(client.name),
    client: { id: client.id, isRegistered: client.kind === "registered" },
  });
  if (!opened.ok) {
    return opened.error === "stale"
      ? oauthError("temporarily_unavailable", "No session can be opened right now. Try again.")
      : oauthError("invalid_grant", `The person was signed out or disabled in the meantime. ${AGAIN}`);
  }
  const { cookie, expiresAt } = opened.value;
  await noteClientUse(bindings.db, client.id, Date.now());
  const scope = client.scope === "" ? ACCESS : client.scope;
  return give(bindings, { cookie, appId: app.id, clientId: client.id, scope, number: 0 }, expiresAt);
}

/** A client shows its newest refresh token (RFC 6749 §6). Who shows an older one ends the session (RFC 9700 §4.14.2). */
export async function byRefreshToken(form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const token = await openRefreshToken(bindings, form.get("refresh_token") ?? "");
  if (!token || form.get("client_id") !== token.clientId)
    return oauthError("invalid_grant", `The refresh token is not good, or another program's. ${AGAIN}`);
  const resource = form.get("resource");
  if (resource !== null && (await appOfResource(bindings, resource))?.id !== token.appId)
    return oauthError("invalid_target", WRONG_APP);
  const app = await appTakingClients(bindings, token.appId);
  const session = parseSessionCookie(token.cookie);
  if (!app || !session || !(await isKnown(bindings.db, token.clientId)))
    return oauthError("invalid_grant", `The app does not take this program any more. ${AGAIN}`);
  const renewed = await sessionsObject(bindings, session.owner).renew(
    session.secretHash,
    app.id,
    token.number,
  );
  if (renewed.ok) {
    if (!takesClient(app.settings, renewed.session.client?.isRegistered ?? false))
      return oauthError("invalid_grant", `The app does not take this program any more. ${AGAIN}`);
    await noteClientUse(bindings.db, token.clientId, Date.now());
    return give(bindings, { ...token, number: token.number + 1 }, renewed.session.expiresAt);
  }
  if (renewed.reason === "stale")
    return oauthError("temporarily_unavailable", "Sessions can't be checked right now. Try again.");
  if (renewed.reason === "replayed") {
    const { id, principal } = renewed.session;
    const detail = { app: app.name, client: token.clientId };
    await noteEnding(bindings, ["session", "session.token_replayed", principal, id, detail], async () => {
      await indexEnded(bindings.db, [id], "token_replayed");
      return {};
    });
    return oauthError(
      "invalid_grant",
      `This refresh token was used before, so all that it led to is over. ${AGAIN}`,
    );
  }
  return oauthError("invalid_grant", `The session is over. ${AGAIN}`);
}

/** The tokens of a session (RFC 6749 §5.1). @param endsAt The end of the session, in milliseconds. */
async function give(bindings: Bindings, refresh: RefreshToken, endsAt: number): Promise<Response> {
  const { cookie, appId, scope } = refresh;
  const seconds = Math.max(0, Math.min(ACCESS_TOKEN_SECONDS, Math.floor((endsAt - Date.now()) / 1_000)));
  const expiresAt = Date.now() + seconds * 1_000;
  return oauthAnswer({
    access_token: await sealClientToken(bindings, { cookie, appId, expiresAt }),
    token_type: "Bearer",
    expires_in: seconds,
    refresh_token: await sealRefreshToken(bindings, refresh),
    scope,
  });
}

const isStillTaken = async (
  { db }: Bindings,
  { settings }: SnapshotApp,
  { id, kind }: AskingClient,
): Promise<boolean> => takesClient(settings, kind === "registered") && (await isKnown(db, id));

async function refuse(
  bindings: Bindings,
  attemptId: string,
  verdict: Extract<Redeemed, { readonly ok: false }>,
): Promise<Response> {
  if (verdict.reason === "replayed") {
    await endReplayed(bindings, appIdOf(verdict.attempt?.attempt), attemptId, verdict);
    return oauthError("invalid_grant", `This code was used before, so what it opened is closed. ${AGAIN}`);
  }
  if (verdict.reason === "wrong_host") return oauthError("invalid_target", WRONG_APP);
  return oauthError("invalid_grant", `This code is wrong, too old, or another program's. ${AGAIN}`);
}

const appIdOf = (attempt: AppAttempt | undefined): string => attempt?.appId ?? "";

/** `<attempt id>.<secret>`: the id says who knows the secret. */
function parseCode(text: string | null): { readonly id: string; readonly secret: string } | null {
  const [id = "", secret = "", ...rest] = (text ?? "").split(".");
  return isId("attempt", id) && /^[\w-]{43}$/.test(secret) && rest.length === 0 ? { id, secret } : null;
}
