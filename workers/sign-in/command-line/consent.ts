import { networkOf } from "../../../shared/access/login/foreign-attempt.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { AppAttempt, CommandLine } from "../../../shared/access/login/types.ts";
import { constantTimeEqual } from "../../../shared/base/base64url.ts";
import { isId } from "../../../shared/base/ids.ts";
import { commandLineDonePage, commandLinePage, htmlResponse } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { newSecret } from "../../platform/random.ts";
import { networkName } from "../../registry/network-name.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import { refusalPage } from "../../session/answers.ts";
import { addressOf } from "../../session/client-network.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { note } from "../../session/events.ts";
import { isSameOriginPost, readForm } from "../../session/same-site.ts";
import { startLink } from "../continue-link.ts";
import { signInSession } from "../current.ts";

/** The form of the question posts to this path. */
export const CONSENT = "/.rustronaut/command-line";

const OVER = "This sign-in is over. Run `rustronaut login` again.";

const RIGHTS = {
  owner: "it may do everything, as you may.",
  admin: "it may change what you may change as an administrator.",
  auditor: "it may read what you may read as an auditor.",
  none: "it may do nothing more than you.",
} as const;

/** Only the page that asked this browser's person about this attempt knows the proof. */
const proofOf = (attemptId: string, cookie: string): string => hashSecret(`consent:${attemptId}:${cookie}`);

/** The question to a signed-in person. */
export async function askConsent(
  request: Request,
  bindings: Bindings,
  attemptId: string,
  { via, machine, address }: CommandLine,
  { session, cookie }: CurrentSession,
): Promise<Response> {
  const principal = await loadPrincipal(bindings.db, session.principal.userId);
  if (principal?.status !== "active") return refusalPage("login_failed", "Your account is disabled.");
  const page = commandLinePage({
    action: CONSENT,
    attemptId,
    csrf: proofOf(attemptId, cookie),
    network: await networkName(bindings.db),
    userEmail: principal.email,
    rights: RIGHTS[principal.role ?? "none"],
    machine,
    address,
    isElsewhere: networkOf(address) !== networkOf(addressOf(request)),
    byCode: via === "device",
    switchUserUrl: `${startLink(attemptId)}&switch=1`,
  });
  return htmlResponse(page, 200, "confirm_command_line");
}

/** `POST /.rustronaut/command-line`: the person's answer. */
export async function takeAnswer(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.");
  const form = await readForm(request);
  const id = form?.get("a") ?? "";
  if (current === "none" || !isId("attempt", id)) return refusalPage("login_attempt_expired", OVER);
  if (
    !isSameOriginPost(request) ||
    !constantTimeEqual(form?.get("csrf") ?? "", proofOf(id, current.cookie))
  ) {
    return refusalPage("csrf_rejected", "Answer on the page that asks you.", { retryUrl: startLink(id) });
  }
  const attempt = await attemptsObject(bindings, id).peekApp(id);
  if (!attempt?.commandLine) return refusalPage("login_attempt_expired", OVER);
  return form?.get("answer") === "yes"
    ? agree(bindings, id, attempt, attempt.commandLine, current)
    : decline(bindings, id, attempt, attempt.commandLine, current);
}

/**
 * Stores the one-time code. A command line on this machine gets the code from the browser. Any other one knows it
 * already: it is the secret with which it asks.
 */
async function agree(
  bindings: Bindings,
  id: string,
  attempt: AppAttempt,
  { via }: CommandLine,
  { session, owner }: CurrentSession,
): Promise<Response> {
  const code = newSecret();
  const codeHash = via === "device" ? attempt.browserHash : hashSecret(code);
  const granted = await attemptsObject(bindings, id).grantCode(id, codeHash, {
    signInSessionId: session.id,
    signInOwner: owner,
    userId: session.principal.userId,
  });
  if (!granted) return refusalPage("login_attempt_expired", OVER);
  return done(bindings, attempt, via, true, { code: `${id}.${code}` });
}

async function decline(
  bindings: Bindings,
  id: string,
  attempt: AppAttempt,
  { via, machine, address }: CommandLine,
  { session }: CurrentSession,
): Promise<Response> {
  await attemptsObject(bindings, id).refuse(id);
  const detail = { machine, address };
  await note(bindings, "login", "login.command_line_refused", session.principal, id, detail);
  return done(bindings, attempt, via, false, { error: "access_denied" });
}

/**
 * The answer goes to the loopback address by a page, not by a redirect, because the answer to a form may not lead to
 * another host. `iss` says whose answer it is, so that a command line that uses several hubs mixes nothing up (RFC 9207).
 */
function done(
  bindings: Bindings,
  { host, returnTo }: AppAttempt,
  via: CommandLine["via"],
  isSignedIn: boolean,
  answer: Readonly<Record<string, string>>,
): Response {
  const reason = isSignedIn ? "command_line_signed_in" : "command_line_refused";
  if (via === "device") return htmlResponse(commandLineDonePage({ isSignedIn, nextUrl: null }), 200, reason);
  const query = new URLSearchParams({ ...answer, iss: bindings.hubOrigin });
  const nextUrl = `http://${host}${returnTo}&${query}`;
  const page = commandLineDonePage({ isSignedIn, nextUrl });
  return htmlResponse(page, 200, reason, { Refresh: `0; url=${nextUrl}` });
}
