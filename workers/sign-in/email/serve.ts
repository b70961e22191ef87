import { normalEmail } from "../../../shared/access/login/email.ts";
import { CODE_DIGITS, CODE_TTL_MS } from "../../../shared/access/login/mailed-code.ts";
import { isId } from "../../../shared/base/ids.ts";
import { addressPage, codePage, htmlResponse } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { refusalPage } from "../../session/answers.ts";
import { isSameOriginPost, readForm } from "../../session/same-site.ts";
import { asItsBrowser } from "../attempt.ts";
import { goOnWithout } from "../callback.ts";
import { loginPath } from "../choose-provider.ts";
import { failSignIn, finishSignIn } from "../finish-sign-in.ts";
import { goOn } from "../go-on.ts";
import { enabledProvider, type Provider } from "../providers.ts";
import { admitCode, rememberNetwork } from "./admit.ts";
import { claimsOf } from "./claims.ts";
import { codeHash, newCode, typedCode } from "./code.ts";
import { deliver } from "./deliver.ts";
import { CHECK, SEND } from "./paths.ts";

/** A form that this browser posted, about an attempt with an e-mail provider. */
interface Posted {
  readonly form: URLSearchParams;
  readonly state: string;
  readonly provider: Provider;
  /** The address where the sign-in starts again. */
  readonly loginUrl: string;
}

/**
 * `POST /.rustronaut/email/send`: makes a code for an address. The answer is the same for known and unknown
 * addresses.
 */
export async function serveSend(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  const posted = await readPost(request, bindings);
  if (posted instanceof Response) return posted;
  const { form, state, provider } = posted;
  const typed = (form.get("email") ?? "").trim();
  const ask = (problem: string, status: number, reason: string, headers: HeadersInit = {}) =>
    htmlResponse(addressPage({ action: SEND, state, email: typed, problem }), status, reason, headers);
  const email = normalEmail(typed);
  if (email === null) return ask("This is not an e-mail address.", 400, "not_an_address");
  const wait = await admitCode(request, bindings, email);
  if (wait > 0) {
    const minutes = Math.ceil(wait / 60_000);
    const retryAfter = { "Retry-After": String(Math.ceil(wait / 1_000)) };
    return ask(
      `Too many codes were asked for. Try again in ${minutes} minutes.`,
      429,
      "rate_limited",
      retryAfter,
    );
  }
  const code = newCode();
  const hash = await codeHash(bindings, state, code);
  const made = await asItsBrowser(
    request,
    state,
    (browserHash) => attemptsObject(bindings, state).mailCode(state, browserHash, { email, hash }),
    (verdict) => verdict === "wrong_browser",
  );
  if (made === "too_many_codes") {
    return refusalPage("rate_limited", "Too many codes were sent for this sign-in. Begin anew.", {
      retryUrl: posted.loginUrl,
    });
  }
  if (made !== "made") return goOnWithout(request, bindings, state, made, goOn);
  ctx.waitUntil(deliver(bindings, provider, email, code));
  return askCode(posted, email, null, 200, "ask_code");
}

/** `POST /.rustronaut/email/check`: signs in with the code. */
export async function serveCheck(request: Request, bindings: Bindings): Promise<Response> {
  const posted = await readPost(request, bindings);
  if (posted instanceof Response) return posted;
  const { form, state, provider, loginUrl } = posted;
  const hash = await codeHash(bindings, state, typedCode(form.get("code") ?? "") ?? "");
  const tried = await asItsBrowser(
    request,
    state,
    (browserHash) => attemptsObject(bindings, state).tryCode(state, browserHash, hash),
    (verdict) => !verdict.ok && verdict.reason === "wrong_browser",
  );
  if (typeof tried === "string") return goOnWithout(request, bindings, state, tried, goOn);
  if (!tried.ok) {
    if (tried.reason === "wrong_code") {
      return askCode(posted, tried.email ?? "", "This is not the code.", 400, "wrong_code");
    }
    if (tried.reason !== "no_tries_left") return goOnWithout(request, bindings, state, tried.reason, goOn);
    const advice = "The code was wrong too often and works no more. Ask for another one.";
    return failSignIn(bindings, provider, "no_tries_left", advice, loginUrl);
  }
  await rememberNetwork(request, bindings, tried.email);
  const answer = { claims: claimsOf(tried.email, Date.now()), refreshToken: null };
  const signedIn = await finishSignIn(request, bindings, provider, tried.attempt, state, answer);
  return signedIn instanceof Response ? signedIn : goOn(signedIn.next, "signed_in", signedIn.cookies);
}

async function readPost(request: Request, bindings: Bindings): Promise<Posted | Response> {
  if (!isSameOriginPost(request)) {
    return refusalPage("csrf_rejected", "Sign in from a page of this site.", { retryUrl: "/" });
  }
  const form = await readForm(request);
  const state = form?.get("state") ?? "";
  const past = isId("attempt", state) ? await attemptsObject(bindings, state).recallProvider(state) : null;
  const provider = past && (await enabledProvider(bindings.db, past.providerId));
  if (!form || !past || provider?.kind !== "email")
    return goOnWithout(request, bindings, state, "unknown", goOn);
  return { form, state, provider, loginUrl: loginPath(past.providerId, past.appAttemptId) };
}

function askCode(
  { state, loginUrl }: Posted,
  email: string,
  problem: string | null,
  status: number,
  reason: string,
): Response {
  const page = codePage({
    action: CHECK,
    state,
    email,
    digits: CODE_DIGITS,
    minutes: CODE_TTL_MS / 60_000,
    problem,
    sendAgainAction: SEND,
    otherAddressUrl: loginUrl,
  });
  return htmlResponse(page, status, reason);
}
