import { clientMark } from "../../../shared/access/login/foreign-attempt.ts";
import { returnPath } from "../../../shared/access/login/return-path.ts";
import { isRedirectOf } from "../../../shared/access/oauth/redirect-uri.ts";
import { readAuthorizationRequest } from "../../../shared/access/oauth/request.ts";
import { readScope } from "../../../shared/access/oauth/scope.ts";
import { takesClient } from "../../../shared/access/oauth/settings.ts";
import { maySignIn } from "../../../shared/http/navigation.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { freshId } from "../../platform/random.ts";
import { redirect, refusalPage } from "../../session/answers.ts";
import { tooManySignIns } from "../../session/client-network.ts";
import { startLink } from "../continue-link.ts";
import { findClient } from "./clients.ts";
import { appOfResource, hostOf } from "./resource.ts";

/**
 * `GET /oauth/authorize`: a program opened its person's browser (RFC 6749 §4.1.1). The attempt is like that of an app; the
 * PKCE verifier takes the place of the cookie that binds an attempt to a browser. Whatever is wrong is told to the person
 * here, and never sent on: so nobody can use this address to lead people to another one (RFC 9700 §4.11.2).
 */
export async function authorize(request: Request, bindings: Bindings): Promise<Response> {
  if (!maySignIn(request)) return refusalPage("csrf_rejected", "Open this page in a tab of its own.");
  const asked = readAuthorizationRequest(new URL(request.url).searchParams);
  if (!asked.ok) return refuse(asked.error);
  const tooMany = await tooManySignIns(request, bindings, "client");
  if (tooMany) return tooMany;
  const { clientId, redirectUri, codeChallenge, state, scope, resource } = asked.value;
  const app = await appOfResource(bindings, resource);
  if (!app) return refuse("No app with the address that the program names takes programs.");
  const client = await findClient(bindings, clientId);
  if (!client.ok) return refuse(client.error);
  const { id, name, kind, redirectUris } = client.value;
  if (!takesClient(app.settings, kind === "registered"))
    return refuse(`${app.title} takes only programs that an administrator registered.`);
  if (!isRedirectOf(redirectUris, redirectUri))
    return refuse("The answer would go to an address that is not the program's own.");
  const { isFresh, need } = readScope(scope);
  const attemptId = freshId("attempt");
  const { pathname, search } = new URL(resource);
  await attemptsObject(bindings, attemptId).start(attemptId, {
    kind: "app",
    appId: app.id,
    host: hostOf(bindings, app),
    returnTo: returnPath(pathname + search, app.settings),
    browserHash: codeChallenge,
    clientMark: clientMark(request),
    signInAfter: isFresh ? Date.now() : null,
    need,
    client: { id, name, kind, redirectUri, state, scope },
  });
  return redirect(startLink(attemptId), "sign_in");
}

const refuse = (detail: string): Response => refusalPage("malformed_request", detail);
