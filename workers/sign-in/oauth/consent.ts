import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { AppAttempt, AskingClient } from "../../../shared/access/login/types.ts";
import { isLoopback, shownHost, withAnswer } from "../../../shared/access/oauth/redirect-uri.ts";
import { constantTimeEqual } from "../../../shared/base/base64url.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { clientAnsweredPage, clientConsentPage, htmlResponse } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { newSecret } from "../../platform/random.ts";
import { refusalPage } from "../../session/answers.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { note } from "../../session/events.ts";
import { isSameOriginPost, readForm } from "../../session/same-site.ts";
import { startLink } from "../continue-link.ts";
import { signInSession } from "../current.ts";

/** The form of the question posts to this path. */
export const CLIENT_CONSENT = "/.rustronaut/client";

export const OVER = "This question is over. Let the program connect again.";

/** Only the page that asked this browser's person about this attempt knows the proof. */
const proofOf = (attemptId: string, cookie: string): string => hashSecret(`client:${attemptId}:${cookie}`);

/**
 * The question to a signed-in person, each time anew: an earlier yes says nothing of who asks now, since anybody can send
 * a person to the first address of the sign-in (MCP, "Confused Deputy Problem").
 */
export function askClientConsent(
  attemptId: string,
  app: Pick<SnapshotApp, "title" | "host">,
  { id, name, kind, redirectUri }: AskingClient,
  { session, cookie }: CurrentSession,
): Response {
  const page = clientConsentPage({
    action: CLIENT_CONSENT,
    attemptId,
    csrf: proofOf(attemptId, cookie),
    clientName: name,
    clientHost: kind === "document" ? new URL(id).host : null,
    isRegistered: kind === "registered",
    redirectHost: shownHost(redirectUri),
    isOnThisMachine: isLoopback(redirectUri),
    appTitle: app.title,
    appHost: app.host,
    userEmail: session.principal.email,
    switchUserUrl: `${startLink(attemptId)}&switch=1`,
  });
  return htmlResponse(page, 200, "confirm_client");
}

/** `POST /.rustronaut/client`: the person's answer. */
export async function takeClientAnswer(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.");
  const form = await readForm(request);
  const id = form?.get("a") ?? "";
  if (current === "none" || !isId("attempt", id)) return refusalPage("login_attempt_expired", OVER);
  const isProven = constantTimeEqual(form?.get("csrf") ?? "", proofOf(id, current.cookie));
  if (!isSameOriginPost(request) || !isProven)
    return refusalPage("csrf_rejected", "Answer on the page that asks you.", { retryUrl: startLink(id) });
  const attempt = await attemptsObject(bindings, id).peekApp(id);
  if (!attempt?.client) return refusalPage("login_attempt_expired", OVER);
  return form?.get("answer") === "yes"
    ? agree(bindings, id, attempt.client, current)
    : decline(bindings, id, attempt, attempt.client, current);
}

async function agree(
  bindings: Bindings,
  id: string,
  client: AskingClient,
  { session, owner }: CurrentSession,
): Promise<Response> {
  const code = newSecret();
  const granted = await attemptsObject(bindings, id).grantCode(id, hashSecret(code), {
    signInSessionId: session.id,
    signInOwner: owner,
    userId: session.principal.userId,
  });
  if (!granted) return refusalPage("login_attempt_expired", OVER);
  return backTo(bindings, client, { code: `${id}.${code}` });
}

async function decline(
  bindings: Bindings,
  id: string,
  { appId }: AppAttempt,
  client: AskingClient,
  { session }: CurrentSession,
): Promise<Response> {
  await attemptsObject(bindings, id).refuse(id);
  const detail = { client: client.id, name: client.name, app: appId };
  await note(bindings, "login", "login.client_refused", session.principal, id, detail);
  return backTo(bindings, client, { error: "access_denied" });
}

/**
 * The answer goes to the client by a page, not by a redirect, because the answer to a form may not lead to another host.
 * `iss` says whose answer it is, so that a client of several servers mixes nothing up (RFC 9207).
 */
function backTo(
  bindings: Bindings,
  { redirectUri, state, name }: AskingClient,
  answer: Readonly<Record<string, string>>,
): Response {
  const stated = { ...answer, ...(state === null ? {} : { state }), iss: bindings.authOrigin };
  const nextUrl = withAnswer(redirectUri, stated);
  const page = clientAnsweredPage({ clientName: name, isAllowed: "code" in answer, nextUrl });
  const reason = "code" in answer ? "client_allowed" : "client_refused";
  return htmlResponse(page, 200, reason, { Refresh: `0; url=${nextUrl}` });
}
