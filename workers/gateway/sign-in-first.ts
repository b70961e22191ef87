import { refusal } from "../../shared/errors/catalogue.ts";
import { maySignIn, showsPage } from "../../shared/http/navigation.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../env.ts";
import { beginSignIn } from "../handoff/begin.ts";
import { SIGN_IN_PATH } from "../handoff/index.ts";
import { refuse } from "./refusal-response.ts";

/**
 * Leads someone to the sign-in who can't go on as who they are. Whom it can't lead there and back it tells where the
 * sign-in is: the sender of a form and the reader of a frame by a page, a script by data.
 */
export async function signInFirst(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  hadSession: boolean,
): Promise<Response> {
  if (maySignIn(request)) return beginSignIn(request, app, bindings);
  const code = hadSession ? "session_ended" : "unauthenticated";
  const loginUrl = `${new URL(request.url).origin}${SIGN_IN_PATH}`;
  return refuse(request, refusal(code, remedy(request, hadSession)), { app, loginUrl });
}

function remedy(request: Request, hadSession: boolean): string {
  if (!showsPage(request)) {
    return hadSession
      ? "Open the app in a browser and sign in again."
      : "Open the app in a browser and sign in, or send a service token.";
  }
  return request.method === "GET" || request.method === "HEAD"
    ? "Sign in in a new tab, then load this page again."
    : "Nothing was sent to the application. Sign in in a new tab, come back here and reload this page: the browser then sends the form again.";
}
