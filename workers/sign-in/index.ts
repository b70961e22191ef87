import { Hono } from "hono";
import { readNeed } from "../../shared/access/grade/need-query.ts";
import { DEVICE_PAGE } from "../../shared/access/login/command-line/request.ts";
import { mayBeForeign } from "../../shared/access/login/foreign-attempt.ts";
import {
  BACKCHANNEL_LOGOUT,
  DEVICE_PROOF,
  SAML_ACS,
  SAML_METADATA,
} from "../../shared/access/login/paths.ts";
import {
  AUTHORIZE,
  OPENID_METADATA,
  REGISTRATION,
  REVOKE,
  SERVER_METADATA,
} from "../../shared/access/oauth/paths.ts";
import { isId } from "../../shared/base/ids.ts";
import { isTopLevel } from "../../shared/http/navigation.ts";
import { serveJwks } from "../gateway/jwks.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { attemptsObject } from "../platform/objects.ts";
import { failed } from "../platform/trouble.ts";
import { redirect, refusalPage } from "../session/answers.ts";
import { beginAt } from "./begin-at.ts";
import { providerAway, serveCallback } from "./callback.ts";
import { isCallback } from "./callback-path.ts";
import { CONSENT, takeAnswer } from "./command-line/consent.ts";
import { askUserCode, takeUserCode } from "./command-line/device.ts";
import { startLink } from "./continue-link.ts";
import { takeProof } from "./device-proof/take.ts";
import { CHECK, SEND } from "./email/paths.ts";
import { serveCheck, serveSend } from "./email/serve.ts";
import { serveLauncher } from "./launcher.ts";
import { CLIENT_CONSENT, takeClientAnswer } from "./oauth/consent.ts";
import { serveAuthorize, serveMetadata, serveRegister, serveRevoke } from "./oauth/index.ts";
import { serveBackchannelLogout } from "./oidc/backchannel-logout.ts";
import { PASSKEYS, PROVE, REGISTER, REMOVE, SIGN_IN_AGAIN } from "./passkey/paths.ts";
import {
  provePasskey,
  registerPasskey,
  removePasskey,
  servePasskeys,
  signInForPasskeys,
} from "./passkey/serve.ts";
import { ProviderFault } from "./provider-fault.ts";
import { ProviderAway } from "./provider-fetch.ts";
import { enabledProvider } from "./providers.ts";
import { askSignOut, doSignOut, signedOut } from "./sign-out.ts";
import { serveStart } from "./start.ts";
import { serveToken, TOKEN_ENDPOINT } from "./token-endpoint.ts";

interface AuthEnv {
  Bindings: { readonly bindings: Bindings; readonly ctx: ExecutionContext };
}

/**
 * Pages that start or finish something. They open only when a person navigates to them in a tab. So other
 * sites can't start many attempts, and can't finish one without the person seeing it.
 */
const NAVIGATIONS = new Set(["/", "/.rustronaut/start", PASSKEYS, SIGN_IN_AGAIN]);
const isNavigation = (path: string) =>
  NAVIGATIONS.has(path) || isCallback(path) || path.startsWith("/.rustronaut/login/");

/** Loaded only when it is needed: see `methods.ts`. */
const saml = () => import("./saml/index.ts");

const app = new Hono<AuthEnv>()
  .use(async ({ req }, next) => {
    const mode = req.header("Sec-Fetch-Mode") ?? "navigate";
    if (isNavigation(req.path) && (mode !== "navigate" || !isTopLevel(req.raw))) {
      return refusalPage("csrf_rejected", "Open this page in a tab of its own.", { retryUrl: "/" });
    }
    return next();
  })
  .get("/", ({ req, env }) => serveLauncher(req.raw, env.bindings))
  .get("/.rustronaut/start", ({ req, env }) => serveStart(req.raw, env.bindings, env.ctx))
  .get("/.rustronaut/login/:provider", ({ req, env }) =>
    serveLogin(req.raw, env.bindings, req.param("provider")),
  )
  .get("/.rustronaut/callback/:provider?", ({ req, env }) => serveCallback(req.raw, env.bindings))
  .post(CONSENT, ({ req, env }) => takeAnswer(req.raw, env.bindings))
  .get(DEVICE_PAGE, () => askUserCode())
  .post(DEVICE_PAGE, ({ req, env }) => takeUserCode(req.raw, env.bindings))
  .post(DEVICE_PROOF, ({ req, env }) => takeProof(req.raw, env.bindings))
  .post(SEND, ({ req, env }) => serveSend(req.raw, env.bindings, env.ctx))
  .post(CHECK, ({ req, env }) => serveCheck(req.raw, env.bindings))
  .get(PASSKEYS, async ({ req, env }) => servePasskeys(req.raw, env.bindings))
  .get(SIGN_IN_AGAIN, async ({ req, env }) => signInForPasskeys(req.raw, env.bindings))
  .post(REGISTER, async ({ req, env }) => registerPasskey(req.raw, env.bindings))
  .post(PROVE, async ({ req, env }) => provePasskey(req.raw, env.bindings))
  .post(REMOVE, async ({ req, env }) => removePasskey(req.raw, env.bindings))
  .get(SAML_METADATA, async ({ env }) => (await saml()).serveMetadata(env.bindings))
  .post(SAML_ACS, async ({ req, env }) => (await saml()).serveAcs(req.raw, env.bindings))
  .get("/.rustronaut/sign-out", ({ req, env }) => askSignOut(req.raw, env.bindings))
  .post("/.rustronaut/sign-out", ({ req, env }) => doSignOut(req.raw, env.bindings))
  .get("/.rustronaut/signed-out", () => signedOut())
  .get(AUTHORIZE, ({ req, env }) => serveAuthorize(req.raw, env.bindings))
  .post(CLIENT_CONSENT, ({ req, env }) => takeClientAnswer(req.raw, env.bindings))
  .post(REGISTRATION, ({ req, env }) => serveRegister(req.raw, env.bindings))
  .post(REVOKE, ({ req, env }) => serveRevoke(req.raw, env.bindings))
  .get(SERVER_METADATA, ({ env }) => serveMetadata(env.bindings))
  .get(OPENID_METADATA, ({ env }) => serveMetadata(env.bindings))
  .post(TOKEN_ENDPOINT, ({ req, env }) => serveToken(req.raw, env.bindings))
  .post(BACKCHANNEL_LOGOUT, ({ req, env }) => serveBackchannelLogout(req.raw, env.bindings))
  .get("/.well-known/rustronaut/jwks.json", ({ req, env }) => serveJwks(req.raw, env.bindings))
  .notFound(() =>
    refusalPage("not_found", "This address names no page.", { retryUrl: "/", retryLabel: "Your apps" }),
  )
  .onError((error, { req, env }) => explain(error, req.raw, env.bindings));

/** Serves everything on the auth host: sign-in, sign-out, and the page with the apps that a person can open. */
export async function serveAuth(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  return app.fetch(request, { bindings, ctx });
}

/** `GET /.rustronaut/login/<provider>?a=…`: the person chose a provider. */
async function serveLogin(request: Request, bindings: Bindings, providerId: string): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const appAttemptId = searchParams.get("a");
  if (appAttemptId !== null && !isId("attempt", appAttemptId)) return redirect("/", "restart");
  const attempt = appAttemptId && (await attemptsObject(bindings, appAttemptId).peekApp(appAttemptId));
  if (appAttemptId && !attempt) return redirect(startLink(appAttemptId), "restart");
  const asked = readNeed(searchParams) ?? (attempt ? (attempt.need ?? null) : null);
  const provider = isId("identityProvider", providerId)
    ? await enabledProvider(bindings.db, providerId)
    : null;
  if (!provider) return refusalPage("not_found", "There is no such identity provider.", { retryUrl: "/" });
  return beginAt(provider, request, bindings, {
    switchUser: searchParams.get("switch") === "1",
    appAttemptId,
    signInAfter: asked ? Date.now() : attempt ? attempt.signInAfter : null,
    need: asked,
    askBefore: attempt ? mayBeForeign(request, attempt.clientMark) : false,
  });
}

/**
 * A failure is never a sign-in. A failure of the provider and a failure of ours both give a 503 with a way to
 * try again.
 */
async function explain(error: Error, request: Request, bindings: Bindings): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  // A callback or a POST can't be repeated.
  const isRepeatable = request.method === "GET" && !isCallback(pathname);
  const retryUrl = isRepeatable ? pathname + search : "/";
  if (error instanceof ProviderAway) return providerAway(bindings, error, retryUrl);
  if (error instanceof ProviderFault) {
    logError("sign_in_request_failed", error);
    return refusalPage(
      "login_failed",
      "The identity provider is not set up correctly. Tell an administrator.",
      {
        retryUrl,
      },
    );
  }
  const { refused, number } = await failed(bindings, "sign-in", request, error);
  return refusalPage("unavailable", refused.detail, { retryUrl, number });
}
