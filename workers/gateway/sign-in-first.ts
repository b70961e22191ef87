import { SIGN_IN_PATH } from "../../shared/access/login/sign-in-path.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { SERVICE_TOKEN_HEADER } from "../../shared/http/headers.ts";
import { maySignIn, showsPage } from "../../shared/http/navigation.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { beginSignIn } from "../session/begin.ts";
import { refusalResponse } from "./refusal-response.ts";

/** Stable codes that say why a caller without a good session can't go on. */
type Why = "unauthenticated" | "session_ended";

/**
 * Sends a caller to the sign-in when the caller can't go on as they are. Some callers can't be redirected there and
 * back: they get the address of the sign-in. The sender of a form and the reader of a frame get it in a page. A script
 * gets it in data.
 */
export async function signInFirst(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  why: Why,
): Promise<Response> {
  if (maySignIn(request)) return beginSignIn(request, app, bindings);
  const loginUrl = new URL(request.url).origin + SIGN_IN_PATH;
  return refusalResponse(request, refusal(why, remedy(request, why)), { app, loginUrl });
}

/** Nobody knows yet whether a person or a program asks. */
const bothWays = (request: Request): string =>
  `Open the app in a browser and sign in. A program sends a service token: curl -H '${SERVICE_TOKEN_HEADER}: rnsvc_…' ${new URL(request.url).origin}/`;

function remedy(request: Request, why: Why): string {
  if (showsPage(request)) return nothingSent(request);
  return why === "unauthenticated" ? bothWays(request) : "Open the app in a browser and sign in again.";
}

/** What the sender of a form, or the reader of a frame, does after the sign-in. */
export const nothingSent = ({ method }: Request): string =>
  method === "GET" || method === "HEAD"
    ? "Sign in in a new tab, then load this page again."
    : "Nothing was sent to the application. Sign in in a new tab, come back here and reload this page: the browser then sends the form again.";
