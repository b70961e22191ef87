import { clientMark } from "../../shared/access/login/foreign-attempt.ts";
import { returnPath } from "../../shared/access/login/return-path.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { AppAttempt } from "../../shared/access/login/types.ts";
import { splitUrl } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { redirect } from "./answers.ts";
import { attemptCookies } from "./attempt-cookie.ts";
import { tooManySignIns } from "./client-network.ts";

/** What a sign-in is for. Every field may be left out: then any sign-in is enough, and it opens a new session. */
export type Purpose = Partial<
  Pick<AppAttempt, "signInAfter" | "need" | "raises" | "returnTo" | "proveAfter">
>;

/**
 * Starts a sign-in: remembers where the browser wanted to go, and sends the browser to the auth host. Call it only when
 * `maySignIn` is true, so that background requests can't pile up attempts.
 */
export async function beginSignIn(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  purpose: Purpose = {},
): Promise<Response> {
  const refused = await tooManySignIns(request, bindings, "app");
  if (refused) return refused;
  const { location, cookies } = await startAttempt(request, app, bindings, purpose);
  const response = redirect(location, "sign_in", cookies);
  return new Response(null, { status: 302, headers: response.headers });
}

/** Stores an attempt of this browser. Gives the address where it goes on, and the `Set-Cookie` values. */
export async function startAttempt(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  purpose: Purpose,
): Promise<{ readonly location: string; readonly cookies: string[] }> {
  const id = freshId("attempt");
  const secret = newSecret();
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId: app.id,
    host: new URL(request.url).host,
    returnTo: returnPath(splitUrl(request.url)?.target ?? "/", app.settings),
    browserHash: hashSecret(secret),
    clientMark: clientMark(request),
    signInAfter: null,
    ...purpose,
  });
  return {
    location: `${bindings.authOrigin}/.rustronaut/start?a=${id}`,
    cookies: attemptCookies(request, id, secret),
  };
}
