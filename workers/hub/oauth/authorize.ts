import { readAuthorizationRequest } from "../../../shared/access/login/command-line/request.ts";
import { clientMark } from "../../../shared/access/login/foreign-attempt.ts";
import { COMMAND_LINE_APP_ID } from "../../../shared/access/sessions/types.ts";
import { maySignIn } from "../../../shared/http/navigation.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { freshId } from "../../platform/random.ts";
import { redirect, refusalPage } from "../../session/answers.ts";
import { addressOf, tooManySignIns } from "../../session/client-network.ts";

/**
 * `GET /oauth/authorize`: a command line opened the person's browser (RFC 8252). The attempt is like that of an app. The
 * PKCE verifier takes the place of the cookie that binds the attempt to a browser.
 */
export async function authorize(request: Request, url: URL, bindings: Bindings): Promise<Response> {
  if (!maySignIn(request)) return refusalPage("csrf_rejected", "Open this page in a tab of its own.");
  const asked = readAuthorizationRequest(url.searchParams);
  if (!asked.ok) return refusalPage("malformed_request", `${asked.error} Run \`rustronaut login\` again.`);
  const refused = await tooManySignIns(request, bindings, "client");
  if (refused) return refused;
  const { host, state, codeChallenge, machine } = asked.value;
  const id = freshId("attempt");
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId: COMMAND_LINE_APP_ID,
    host,
    returnTo: `/callback?state=${encodeURIComponent(state)}`,
    browserHash: codeChallenge,
    clientMark: clientMark(request),
    signInAfter: null,
    commandLine: { via: "loopback", machine, address: addressOf(request) },
  });
  return redirect(`${bindings.authOrigin}/.rustronaut/start?a=${id}`, "sign_in");
}
