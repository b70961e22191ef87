import { safeReturnPath } from "../../shared/login/return-path.ts";
import { hashSecret } from "../../shared/login/secret-hash.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../env.ts";
import { attemptsObject } from "../objects.ts";
import { attemptCookies } from "./attempt-cookie.ts";
import { freshId, newSecret } from "./random.ts";
import { redirect } from "./refuse.ts";

/**
 * Starts a sign-in: remembers where the browser wanted to go and sends it to the auth host.
 * Only for top-level navigations (GET or HEAD), so that background requests can't pile up attempts.
 */
export async function beginSignIn(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Response> {
  const url = new URL(request.url);
  const id = freshId("attempt");
  const secret = newSecret();
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId: app.id,
    host: url.host,
    returnTo: safeReturnPath(url.origin, url.pathname + url.search),
    browserHash: hashSecret(secret),
  });
  const response = redirect(
    `${bindings.authOrigin}/.rustronaut/start?a=${id}`,
    "sign_in",
    attemptCookies(request, id, secret),
  );
  return new Response(null, { status: 302, headers: response.headers });
}
