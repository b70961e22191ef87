import { clientMark } from "../../shared/access/login/foreign-attempt.ts";
import { returnPath } from "../../shared/access/login/return-path.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { splitUrl } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { redirect } from "./answers.ts";
import { attemptCookies } from "./attempt-cookie.ts";

/**
 * Starts a sign-in: remembers where the browser wanted to go, and sends the browser to the auth host. Call it only when
 * `maySignIn` is true, so that background requests can't pile up attempts.
 *
 * @param signInAfter The person must sign in at the provider after this moment (milliseconds), or null.
 */
export async function beginSignIn(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  signInAfter: number | null = null,
): Promise<Response> {
  const id = freshId("attempt");
  const secret = newSecret();
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId: app.id,
    host: new URL(request.url).host,
    returnTo: returnPath(splitUrl(request.url)?.target ?? "/", app.settings),
    browserHash: hashSecret(secret),
    clientMark: clientMark(request),
    signInAfter,
  });
  const response = redirect(
    `${bindings.authOrigin}/.rustronaut/start?a=${id}`,
    "sign_in",
    attemptCookies(request, id, secret),
  );
  return new Response(null, { status: 302, headers: response.headers });
}
