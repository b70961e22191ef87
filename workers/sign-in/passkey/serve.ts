import {
  beforeChange,
  MAX_PASSKEYS,
  passkeyName,
  shownByPasskey,
} from "../../../shared/access/login/passkey/rules.ts";
import { SIGN_IN_COOKIE } from "../../../shared/access/login/session-cookie.ts";
import type { ErrorCode } from "../../../shared/base/errors/catalogue.ts";
import { isId } from "../../../shared/base/ids.ts";
import { htmlResponse, passkeysPage } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import { networkOf } from "../../platform/network.ts";
import { freshId } from "../../platform/random.ts";
import {
  deletePasskey,
  type First,
  firstPasskeyOf,
  insertPasskey,
  noteUse,
  passkeysOf,
  workingOf,
} from "../../registry/passkeys.ts";
import { redirect, refusalPage } from "../../session/answers.ts";
import { setCookie } from "../../session/cookies.ts";
import type { CurrentSession } from "../../session/current-session.ts";
import { endOfUser } from "../../session/end-sessions.ts";
import { note } from "../../session/events.ts";
import { raiseSession } from "../../session/raise-session.ts";
import { csrfToken, isCsrfToken, isSameOriginPost, readForm } from "../../session/same-site.ts";
import { beginAt } from "../begin-at.ts";
import { chooseProvider } from "../choose-provider.ts";
import { startLink } from "../continue-link.ts";
import { signInSession } from "../current.ts";
import { goOn } from "../go-on.ts";
import { enabledProvider } from "../providers.ts";
import { isChallenge, spendChallenge } from "./challenge.ts";
import { proveForm, registerForm } from "./forms.ts";
import { PASSKEYS, REMOVE, SIGN_IN_AGAIN } from "./paths.ts";

const verifier = () => import("./verify.ts");

const BACK = { retryUrl: PASSKEYS, retryLabel: "Your passkeys" } as const;
const refuse = (code: ErrorCode, detail: string): Response => refusalPage(code, detail, BACK);

/** `GET /.rustronaut/passkeys` on the auth host: the passkeys of the person who is signed in. */
export async function servePasskeys(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refuse("unavailable", "Try again in a moment.");
  if (current === "none") return chooseProvider(request, bindings, AGAIN, null);
  const keys = await passkeysOf(bindings.db, current.session.principal.userId);
  const working = workingOf(keys);
  const first = await firstOf(request, bindings, current, working.length);
  const before = beforeChange(current.session, working, first !== "refused", Date.now());
  const page = passkeysPage({
    userEmail: current.session.principal.email,
    keys,
    before,
    add: before === null && keys.length < MAX_PASSKEYS ? await registerForm(bindings, current, keys) : null,
    show: working.length > 0 ? await proveForm(bindings, current, working, "") : null,
    signInUrl: SIGN_IN_AGAIN,
    removeAction: REMOVE,
    csrf: csrfToken(current.cookie),
  });
  return htmlResponse(page, 200, "passkeys", {}, { asksPasskey: true });
}

/** How a first passkey would be taken from this browser. Null if the person has one that works. */
const firstOf = async (
  request: Request,
  { db }: Bindings,
  { session }: CurrentSession,
  working: number,
): Promise<First | null> =>
  working > 0 ? null : firstPasskeyOf(db, session.principal.userId, networkOf(request).ip ?? "", Date.now());

const AGAIN = {
  switchUser: false,
  appAttemptId: null,
  signInAfter: null,
  askBefore: false,
  goesTo: PASSKEYS,
} as const;

/** `GET /.rustronaut/passkeys/sign-in`: a new sign-in with the provider that knows the person. */
export async function signInForPasskeys(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (typeof current === "string") return redirect(PASSKEYS, "restart");
  const provider = await enabledProvider(bindings.db, current.session.authentication.providerId);
  if (!provider) return refuse("login_failed", "This identity provider is switched off now.");
  const wish = { ...AGAIN, signInAfter: Date.now() };
  return beginAt(provider, request, bindings, wish);
}

/** What was shown with a key that is gone, or of which there may be a copy, must not go on: whoever showed it. */
const endShownWith = (bindings: Bindings, userId: string, id: string): Promise<string[]> =>
  endOfUser(bindings, userId, { by: "passkey", id, userId }, "passkey_gone");

interface Posted {
  readonly current: CurrentSession;
  readonly form: URLSearchParams;
  readonly answer: string;
}

/** An answer with an attestation has a few kilobytes. */
const MAX_FORM_BYTES = 65_536;

async function readPost(request: Request, bindings: Bindings): Promise<Posted | Response> {
  const current = await signInSession(request, bindings);
  if (typeof current === "string") return refuse("unauthenticated", "Sign in first.");
  const form = await readForm(request, MAX_FORM_BYTES);
  if (!form || !isSameOriginPost(request) || !isCsrfToken(form.get("csrf") ?? "", current.cookie))
    return refuse("csrf_rejected", "The page was out of date. Open it again.");
  return { current, form, answer: form.get("response") ?? "" };
}

/** `POST …/register`: adds the key that an authenticator made. */
export async function registerPasskey(request: Request, bindings: Bindings): Promise<Response> {
  const posted = await readPost(request, bindings);
  if (posted instanceof Response) return posted;
  const { current, form, answer } = posted;
  const { id: sessionId, principal } = current.session;
  const { userId } = principal;
  const now = Date.now();
  const working = workingOf(await passkeysOf(bindings.db, userId));
  const first = await firstOf(request, bindings, current, working.length);
  const before = beforeChange(current.session, working, first !== "refused", now);
  if (before === "invitation") {
    await note(bindings, "login", "passkey.first_refused", principal, userId);
    return refuse("forbidden", "A first passkey is not taken from here. Ask an administrator to invite you.");
  }
  if (before !== null)
    return refuse(
      "step_up_required",
      "Too much time has passed. Show again who you are, then add the passkey.",
    );
  const name = passkeyName(form.get("name") ?? "");
  if (name === null) return refuse("invalid_input", "Give the passkey a name.");
  const { challengeIn, relyingParty, verifiedKey } = await verifier();
  const challenge = challengeIn(answer);
  const isOurs = await isChallenge(bindings, challenge, { purpose: "register", sessionId, userId });
  const key = isOurs ? await verifiedKey(answer, challenge, relyingParty(bindings.authOrigin)) : null;
  if (!key || !(await spendChallenge(bindings, challenge)))
    return refuse("passkey_refused", "The authenticator's answer was not accepted. Try again.");
  const id = freshId("passkey");
  const added = { ...key, id, name, createdAt: now };
  if (!(await insertPasskey(bindings.db, userId, added, MAX_PASSKEYS, first)))
    return refuse(
      "passkey_refused",
      `This key is known already, or you have ${MAX_PASSKEYS} passkeys, or one was added in this moment.`,
    );
  const detail = { name, key: id, ...(first === null ? {} : { first }) };
  await note(bindings, "login", "passkey.added", principal, userId, detail);
  return redirect(PASSKEYS, "passkey_added");
}

/** `POST …/prove`: raises the sign-in session with a key that the person showed. */
export async function provePasskey(request: Request, bindings: Bindings): Promise<Response> {
  const posted = await readPost(request, bindings);
  if (posted instanceof Response) return posted;
  const { current, form, answer } = posted;
  const { id: sessionId, principal, authentication } = current.session;
  const { userId } = principal;
  const { challengeIn, keyIn, relyingParty, verifiedCounter } = await verifier();
  const challenge = challengeIn(answer);
  const isOurs = await isChallenge(bindings, challenge, { purpose: "prove", sessionId, userId });
  const keys = workingOf(await passkeysOf(bindings.db, userId));
  const key = keys.find(({ credentialId }) => credentialId === keyIn(answer));
  const counter =
    isOurs && key ? await verifiedCounter(answer, challenge, relyingParty(bindings.authOrigin), key) : null;
  if (!key || counter === null || !(await spendChallenge(bindings, challenge))) {
    await note(bindings, "login", "passkey.refused", principal, userId);
    return refuse("passkey_refused", "The authenticator's answer was not accepted. Try again.");
  }
  const now = Date.now();
  const use = await noteUse(bindings.db, key.id, counter, now);
  if (use !== "used") {
    if (use === "cloned") {
      await note(bindings, "login", "passkey.cloned", principal, userId, { name: key.name, key: key.id });
      await endShownWith(bindings, userId, key.id);
    }
    return refuse(
      "passkey_refused",
      "There may be a copy of this passkey, so it is refused from now on. Use another one, and tell an administrator.",
    );
  }
  const passkey = { keyId: key.id, amr: shownByPasskey(key), at: Math.floor(now / 1_000) };
  const cookie = await raiseSession(request, bindings, current, { ...authentication, passkey });
  if (cookie === null) return refuse("session_ended", "You were signed out meanwhile.");
  const attempt = form.get("a") ?? "";
  const next = isId("attempt", attempt) ? startLink(attempt) : PASSKEYS;
  return goOn(next, "signed_in", [setCookie(SIGN_IN_COOKIE, cookie)], "Shown");
}

/** `POST …/remove`: removes a key, after one was shown. */
export async function removePasskey(request: Request, bindings: Bindings): Promise<Response> {
  const posted = await readPost(request, bindings);
  if (posted instanceof Response) return posted;
  const { current, form } = posted;
  const { principal } = current.session;
  const working = workingOf(await passkeysOf(bindings.db, principal.userId));
  if (working.length === 0 || beforeChange(current.session, working, false, Date.now()) !== null)
    return refuse(
      "step_up_required",
      "Show one of your passkeys first. If you have lost all of them, an administrator resets them.",
    );
  const id = form.get("id") ?? "";
  const name = isId("passkey", id) ? await deletePasskey(bindings.db, principal.userId, id) : null;
  if (name === null) return refuse("not_found", "There is no such passkey of yours.");
  await note(bindings, "login", "passkey.removed", principal, principal.userId, { name, key: id });
  await endShownWith(bindings, principal.userId, id);
  return redirect(PASSKEYS, "passkey_removed");
}
