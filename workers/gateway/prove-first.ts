import { SIGN_IN_PATH } from "../../shared/access/login/sign-in-path.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { maySignIn, showsPage } from "../../shared/http/navigation.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { beginSignIn } from "../session/begin.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";

const IN_NEW_TAB =
  "Nothing was sent to the application. Prove this device in a new tab, come back here and load this page again.";
const BY_SCRIPT =
  "A policy wants to know the device: open `login_url` in a browser on a machine that runs the agent, then repeat the request. A program can't prove a device.";

/**
 * Asks a person to prove the device that the browser runs on. Who can't be led to the auth host and back gets the address:
 * the sender of a form and the reader of a frame in a page, a script in data.
 */
export async function proveFirst(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  { decisionId }: RefusalContext,
): Promise<Response> {
  if (maySignIn(request)) return beginSignIn(request, app, bindings, { proveAfter: Date.now() });
  const loginUrl = `${new URL(request.url).origin}${SIGN_IN_PATH}?device=1`;
  const detail = showsPage(request) ? IN_NEW_TAB : BY_SCRIPT;
  return refusalResponse(request, refusal("device_required", detail), {
    app,
    ...(decisionId === undefined ? {} : { decisionId }),
    loginUrl,
  });
}
