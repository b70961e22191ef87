import {
  CLIENT_ID,
  DEVICE_GRANT,
  EXCHANGE_GRANT,
  isVerifier,
  loopbackHost,
} from "../../../shared/access/login/command-line/request.ts";
import { commandLineToken } from "../../../shared/access/login/command-line/token.ts";
import { POLLS } from "../../../shared/access/login/rate.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Polled, Redeemed } from "../../../shared/access/login/types.ts";
import { COMMAND_LINE_APP_ID } from "../../../shared/access/sessions/types.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { admit } from "../../session/client-network.ts";
import { commandLineApp, heldBy } from "../../session/command-line-app.ts";
import { oauthAnswer, oauthError } from "../../session/oauth-answers.ts";
import { openFromSignIn } from "../../session/open-from.ts";
import { networkLimits } from "../../session/open-session.ts";
import { endReplayed } from "../../session/replayed-code.ts";
import { exchange } from "./exchange.ts";

const AGAIN = "Run `rustronaut login` again.";

/** `POST /oauth/token`: a command line shows what it got, and is signed in (RFC 6749 §4.1.3, RFC 8628 §3.4). */
export async function token(request: Request, form: URLSearchParams, bindings: Bindings): Promise<Response> {
  if (form.get("client_id") !== CLIENT_ID) return oauthError("invalid_client", "This program is not known.");
  switch (form.get("grant_type")) {
    case "authorization_code":
      return byCode(request, form, bindings);
    case DEVICE_GRANT:
      return byDevice(request, form, bindings);
    case EXCHANGE_GRANT:
      return exchange(request, form, bindings);
    default:
      return oauthError(
        "unsupported_grant_type",
        "Ask with a code of the browser or of a device, or with your token.",
      );
  }
}

async function byCode(request: Request, form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const code = parseSecret(form.get("code"));
  const verifier = form.get("code_verifier") ?? "";
  const host = loopbackHost(form.get("redirect_uri") ?? "");
  if (!code || !isVerifier(verifier) || host === null)
    return oauthError("invalid_request", `The code, its verifier or its address is incomplete. ${AGAIN}`);
  const redeemed = await attemptsObject(bindings, code.id).redeem(
    code.id,
    hashSecret(code.secret),
    [hashSecret(verifier)],
    host,
  );
  return answer(request, bindings, code.id, redeemed);
}

async function byDevice(request: Request, form: URLSearchParams, bindings: Bindings): Promise<Response> {
  const code = parseSecret(form.get("device_code"));
  if (!code) return oauthError("invalid_request", `The device code is incomplete. ${AGAIN}`);
  const polled = await attemptsObject(bindings, code.id).poll(code.id, hashSecret(code.secret));
  // Only who waits is counted: a code that somebody made up stores nothing.
  const isPending = !polled.ok && polled.reason === "pending";
  if (isPending && (await admit(bindings, `poll:${code.id}`, POLLS)) > 0)
    return oauthError("slow_down", "Ask less often.");
  return answer(request, bindings, code.id, polled);
}

async function answer(
  request: Request,
  bindings: Bindings,
  attemptId: string,
  verdict: Redeemed | Polled,
): Promise<Response> {
  if (!verdict.ok) return refuse(bindings, attemptId, verdict);
  const { attempt, handoff } = verdict;
  // A code that was made for an app opens no command line.
  if (attempt.appId !== COMMAND_LINE_APP_ID || !attempt.commandLine)
    return oauthError("invalid_grant", `This is not a code of a command line. ${AGAIN}`);
  const { signInIdleSeconds, signInAbsoluteSeconds } = await networkLimits(bindings.db);
  const opened = await openFromSignIn(request, bindings, attemptId, handoff, {
    app: commandLineApp(bindings),
    isBelow: false,
    lifetime: { idleSeconds: signInIdleSeconds, absoluteSeconds: signInAbsoluteSeconds },
    userAgent: heldBy(attempt.commandLine.machine),
  });
  if (!opened.ok) {
    return opened.error === "stale"
      ? oauthError("temporarily_unavailable", `The hub can't open a session right now. ${AGAIN}`)
      : oauthError("access_denied", `You were signed out or disabled in the meantime. ${AGAIN}`);
  }
  const { cookie, principal, expiresAt } = opened.value;
  return oauthAnswer({
    access_token: commandLineToken(cookie),
    token_type: "Bearer",
    expires_in: Math.floor((expiresAt - Date.now()) / 1_000),
    email: principal.email,
    role: principal.role,
  });
}

async function refuse(
  bindings: Bindings,
  attemptId: string,
  verdict: Extract<Redeemed | Polled, { readonly ok: false }>,
): Promise<Response> {
  switch (verdict.reason) {
    case "pending":
      return oauthError("authorization_pending", "The person has not answered yet.");
    case "refused":
      return oauthError("access_denied", "The sign-in was refused in the browser.");
    case "expired":
      return oauthError("expired_token", `Nobody agreed in time. ${AGAIN}`);
    case "replayed":
      await endReplayed(bindings, COMMAND_LINE_APP_ID, attemptId, verdict);
      return oauthError("invalid_grant", `This code was used before, so what it opened is closed. ${AGAIN}`);
    default:
      return oauthError("invalid_grant", `This code is wrong or too old. ${AGAIN}`);
  }
}

/** `<attempt id>.<secret>`: the id says who knows the secret. */
function parseSecret(text: string | null): { readonly id: string; readonly secret: string } | null {
  const [id = "", secret = "", ...rest] = (text ?? "").split(".");
  return isId("attempt", id) && /^[\w-]{43}$/.test(secret) && rest.length === 0 ? { id, secret } : null;
}
