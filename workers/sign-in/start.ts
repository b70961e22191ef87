import { DEVICE_PAGE } from "../../shared/access/login/command-line/request.ts";
import { clientMark, mayBeForeign } from "../../shared/access/login/foreign-attempt.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { AppAttempt } from "../../shared/access/login/types.ts";
import { COMMAND_LINE_APP_ID, HUB_APP_ID, type Session } from "../../shared/access/sessions/types.ts";
import { isId } from "../../shared/base/ids.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { StepUp } from "../gateway/step-up.ts";
import { continuePage, htmlResponse } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { newSecret } from "../platform/random.ts";
import { snapshotAt } from "../registry/snapshot.ts";
import { redirect, refusalPage } from "../session/answers.ts";
import { appPage } from "../session/app-url.ts";
import { nextInChain } from "../session/chain.ts";
import { commandLineApp } from "../session/command-line-app.ts";
import type { CurrentSession } from "../session/current-session.ts";
import { hubApp } from "../session/hub-app.ts";
import { denialOf } from "./app-denial.ts";
import { chooseProvider } from "./choose-provider.ts";
import { askConsent } from "./command-line/consent.ts";
import { wasTypedHere } from "./command-line/device.ts";
import { continueLink, isConfirmed, startLink } from "./continue-link.ts";
import { signInSession } from "./current.ts";
import { askForProof } from "./device-proof/ask.ts";
import { askClientConsent, OVER } from "./oauth/consent.ts";
import { isOlder } from "./sign-in-age.ts";
import { hasShown, stepUp } from "./step-up.ts";

/**
 * `GET /.rustronaut/start?a=…` on the auth host: signs the person in or reuses the sign-in, then asks the
 * policies. Only then it makes the one-time code with which the app's host opens its own session.
 */
export async function serveStart(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  const url = new URL(request.url);
  const id = url.searchParams.get("a") ?? "";
  const attempt = isId("attempt", id) ? await attemptsObject(bindings, id).peekApp(id) : null;
  if (!attempt) return goOnWithout(request, bindings, id);
  if (attempt.commandLine?.via === "device" && !wasTypedHere(request, id))
    return redirect(DEVICE_PAGE, "ask_user_code");
  if (attempt.chain) return serveChain(request, bindings, ctx, id, attempt);
  const switchUser = url.searchParams.get("switch") === "1";
  const signedIn = switchUser ? "none" : await signInSession(request, bindings);
  const current = typeof signedIn === "object" ? asAsking(signedIn, attempt) : signedIn;
  if (current === "stale") {
    return refusalPage("unavailable", "Try again in a moment.", { retryUrl: startLink(id) });
  }
  // The app is also needed for the title of the provider choice, so that a person sees what the sign-in is
  // for.
  const app = await appOf(bindings, attempt, current === "none" ? 0 : current.epoch);
  if (!app) return refusalPage("login_attempt_invalid", "The app has gone or has moved.", YOUR_APPS);
  const askBefore = url.searchParams.has("ask") || mayBeForeign(request, attempt.clientMark);
  if (current === "none") {
    const wish = {
      switchUser,
      appAttemptId: id,
      signInAfter: attempt.signInAfter,
      need: attempt.need ?? null,
      askBefore,
    };
    return chooseProvider(request, bindings, wish, app.title);
  }
  const showAnew = (asked: StepUp) =>
    stepUp(request, bindings, current, {
      appAttemptId: id,
      appTitle: app.title,
      signInAfter: Date.now(),
      need: asked.need,
      askBefore,
      wasTried: url.searchParams.has("tried"),
    });
  const { signInAfter, need = null, raises } = attempt;
  const isEnough = !isOlder(current.session, signInAfter) && hasShown(current.session, need, Date.now());
  if (!isEnough) return showAnew({ signInAfter, need });
  const prove = async () => {
    const { network } = await snapshotAt(bindings, current.epoch);
    return askForProof(bindings, id, app, current, network.contact);
  };
  if (isUnproven(current.session, attempt)) return prove();
  if (attempt.commandLine) return askConsent(request, bindings, id, attempt.commandLine, current);
  const switchUserUrl = `${startLink(id)}&switch=1`;
  // A session that is only raised was let in before. Each of its requests is judged anyway.
  const denial = raises ? null : await denialOf(request, bindings, ctx, app, attempt, current, switchUserUrl);
  if (denial === "prove_device") return prove();
  if (denial && !(denial instanceof Response)) return showAnew(denial);
  if (denial) return denial;
  if (attempt.client) return askClientConsent(id, app, attempt.client, current);
  if (askBefore && !isConfirmed(url, id, current.cookie)) return askToContinue(app, id, current);
  return grant(bindings, id, attempt, current);
}

/**
 * A further host of an app, to which the person signed in a moment ago. Nobody is asked anything: a browser that can't
 * be let in as it is goes on to the next host.
 */
async function serveChain(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  id: string,
  attempt: AppAttempt,
): Promise<Response> {
  const goOn = async () => redirect(await nextInChain(bindings, attempt), "chain");
  const current = await signInSession(request, bindings);
  if (typeof current === "string" || current.session.id !== attempt.chain?.signInSessionId) return goOn();
  const app = await appOf(bindings, attempt, current.epoch);
  if (!app || clientMark(request) !== attempt.clientMark) return goOn();
  const denial = await denialOf(request, bindings, ctx, app, attempt, current, "/");
  return denial ? goOn() : grant(bindings, id, attempt, current);
}

/** The person as they will act, where a program asks to act for them: policies may speak of the program. */
function asAsking(current: CurrentSession, { client }: AppAttempt): CurrentSession {
  if (!client) return current;
  const held = { id: client.id, isRegistered: client.kind === "registered" };
  return { ...current, session: { ...current.session, client: held } };
}

/** Whether the browser must prove its device for this attempt, and has not done so yet. */
const isUnproven = ({ device }: Session, { proveAfter }: AppAttempt): boolean =>
  proveAfter !== undefined && (device === undefined || device.provenAt < proveAfter);

const YOUR_APPS = { retryUrl: "/", retryLabel: "Your apps" } as const;

/** If an attempt is over, the person goes to the app. There the person is already signed in, or starts again. */
async function goOnWithout(request: Request, bindings: Bindings, id: string): Promise<Response> {
  const past = isId("attempt", id) ? await attemptsObject(bindings, id).recallApp(id) : null;
  if (past?.commandLine)
    return refusalPage("login_attempt_expired", "This sign-in is over. Run `rustronaut login` again.");
  if (past?.client) return refusalPage("login_attempt_expired", OVER);
  if (past && (await appOf(bindings, past, 0))) return redirect(appPage(bindings, past), "restart");
  if (typeof (await signInSession(request, bindings)) === "object") return redirect("/", "signed_in");
  return refusalPage("login_attempt_expired", "Open the app again to start a new sign-in.", YOUR_APPS);
}

/** The app for which an attempt was started, if the app still exists. */
async function appOf(bindings: Bindings, attempt: AppAttempt, epoch: number): Promise<SnapshotApp | null> {
  if (attempt.appId === COMMAND_LINE_APP_ID) return commandLineApp(bindings);
  const hostname = attempt.host.replace(/:\d+$/, "");
  const app =
    attempt.appId === HUB_APP_ID
      ? hubApp(bindings)
      : (await snapshotAt(bindings, epoch)).appByHost.get(hostname);
  return app?.host === hostname && app.id === attempt.appId ? app : null;
}

function askToContinue(app: SnapshotApp, id: string, { session, cookie }: CurrentSession): Response {
  const page = continuePage({
    appTitle: app.title,
    userEmail: session.principal.email,
    continueUrl: continueLink(id, cookie),
  });
  return htmlResponse(page, 200, "confirm_sign_in");
}

/** Stores a one-time code in the attempt, and sends the browser back to the app's host with the code. */
async function grant(
  bindings: Bindings,
  attemptId: string,
  attempt: AppAttempt,
  { session, owner }: CurrentSession,
): Promise<Response> {
  const code = newSecret();
  const granted = await attemptsObject(bindings, attemptId).grantCode(attemptId, hashSecret(code), {
    signInSessionId: session.id,
    signInOwner: owner,
    userId: session.principal.userId,
  });
  if (!granted) return redirect(appPage(bindings, attempt), "restart");
  const { protocol } = new URL(bindings.authOrigin);
  return redirect(`${protocol}//${attempt.host}/.rustronaut/callback?a=${attemptId}&code=${code}`, "handoff");
}
