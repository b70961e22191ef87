import { NO_BROWSER } from "../../shared/access/login/attempts.ts";
import { clientMark } from "../../shared/access/login/foreign-attempt.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { CHAIN, SIGN_IN_PATH } from "../../shared/access/login/sign-in-path.ts";
import type { AppAttempt, Chain, Handoff } from "../../shared/access/login/types.ts";
import { isId } from "../../shared/base/ids.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { chainPage, htmlResponse } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { redirect } from "./answers.ts";
import { appPage, appUrl } from "./app-url.ts";
import { attemptCookies } from "./attempt-cookie.ts";
import { currentSession, scopeOf } from "./current-session.ts";

/**
 * A sign-in at one host of an app leads the browser through the app's other hosts, so that each gets a session with a
 * cookie of its own: a script of one host can call another, and no person is asked. Where a host would let nobody in,
 * the chain passes it over. All that it knows is in its attempts, never in an address. A page of the auth host begins one
 * as well, when access is granted that the person waited for.
 */

type Link = Pick<AppAttempt, "appId" | "clientMark"> & { readonly chain: Chain };

/** The address where the browser goes on: the next host of the chain, or the page that the person wanted. */
export async function nextInChain(bindings: Bindings, { chain, ...attempt }: AppAttempt): Promise<string> {
  if (!chain) return appPage(bindings, attempt);
  return nextOf(bindings, { appId: attempt.appId, clientMark: attempt.clientMark, chain });
}

async function nextOf(bindings: Bindings, { appId, clientMark: mark, chain }: Link): Promise<string> {
  const [host, ...rest] = chain.rest;
  if (host === undefined) return appPage(bindings, chain.home);
  const origin = appUrl(bindings, host).slice(0, -1);
  const id = freshId("attempt");
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId,
    host: new URL(origin).host,
    returnTo: "/",
    browserHash: NO_BROWSER,
    clientMark: mark,
    signInAfter: null,
    chain: { ...chain, rest },
  });
  return `${origin}${SIGN_IN_PATH}?${CHAIN}=${id}`;
}

/**
 * Answers the sign-in at the first host. A page goes on to the others, since browsers follow only about 20 redirects in a
 * row, and the sign-in took some of them.
 *
 * @param cookies The `Set-Cookie` values of the sign-in.
 */
export async function signInElsewhere(
  bindings: Bindings,
  app: SnapshotApp,
  { appId, clientMark: mark, host, returnTo }: AppAttempt,
  { signInSessionId }: Handoff,
  cookies: readonly string[],
): Promise<Response> {
  const rest = app.hosts.filter((other) => other !== app.host);
  const next = await nextOf(bindings, {
    ...{ appId, clientMark: mark },
    chain: { signInSessionId, rest, home: { host, returnTo } },
  });
  const headers = new Headers({ Refresh: `0; url=${next}` });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return htmlResponse(chainPage({ appTitle: app.title, appUrl: returnTo }), 200, "signed_in", headers);
}

/**
 * The address at which a browser that is signed in at the auth host opens an app, where a page of ours leads it there by
 * itself. A sign-in that the app's host begins would ask the person first, because no click led to it.
 */
export function openedHere(
  request: Request,
  bindings: Bindings,
  app: { readonly id: string; readonly hosts: readonly string[] },
  signInSessionId: string,
  home: { readonly hostname: string; readonly returnTo: string },
): Promise<string> {
  const { host } = new URL(appUrl(bindings, home.hostname));
  const rest = [home.hostname, ...app.hosts.filter((other) => other !== home.hostname)];
  return nextOf(bindings, {
    ...{ appId: app.id, clientMark: clientMark(request) },
    chain: { signInSessionId, rest, home: { host, returnTo: home.returnTo } },
  });
}

/**
 * `GET /.rustronaut/sign-in?chain=…` at one of the other hosts. The attempt was made for the browser that comes here now,
 * which binds it by a cookie. Whoever comes later, or with an attempt of another app, goes to the app.
 */
export async function joinSignIn(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  id: string,
): Promise<Response> {
  if (!isId("attempt", id)) return redirect("/", "chain");
  const secret = newSecret();
  const attempts = attemptsObject(bindings, id);
  const attempt = await attempts.joinChain(id, clientMark(request), hashSecret(secret));
  if (attempt?.chain === undefined || attempt.appId !== app.id) return redirect("/", "chain");
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  const isSignedIn =
    typeof current === "object" && current.session.parentId === attempt.chain.signInSessionId;
  if (isSignedIn || attempt.host !== new URL(request.url).host)
    return redirect(await nextInChain(bindings, attempt), "chain");
  return redirect(
    `${bindings.authOrigin}/.rustronaut/start?a=${id}`,
    "chain",
    attemptCookies(request, id, secret),
  );
}
