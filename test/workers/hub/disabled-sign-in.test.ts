import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { attemptCookieName } from "../../../shared/access/login/attempt-cookies.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { sessionOwner } from "../../../shared/access/login/session-owner.ts";
import { attemptsObject, coordinatorObject, sessionsObject } from "../../../workers/platform/objects.ts";
import { loadPrincipal } from "../../../workers/registry/principals.ts";
import { hubApp } from "../../../workers/session/hub-app.ts";
import { redeemCode } from "../../../workers/session/redeem.ts";
import { openSignIn } from "../../../workers/sign-in/open-sign-in.ts";
import { enabledProvider } from "../../../workers/sign-in/providers.ts";
import { createSession } from "../../unit/access/sessions/fixtures.ts";
import { applyRegistry } from "../registry.ts";
import { hideFromCoordinator } from "../sessions/world.ts";
import { bindings, createNetwork } from "./world.ts";

const SEGMENT = "seg_disabled";

beforeAll(async () => {
  await applyRegistry();
  await createNetwork();
});

/**
 * A user with a session in both objects, of whom those that are not `untold` know already that the user is disabled;
 * the registry that this Worker read does not.
 */
async function disabledMeanwhile(name: string, ...untold: string[]) {
  const [userId, sessionId] = [`usr_${name}`, `ses_${name}`];
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO users (id, email, home_region, created_at, updated_at) VALUES (?, ?, 'weur', 1, 1)",
    ).bind(userId, `${name}@corp.com`),
    env.DB.prepare(
      "INSERT OR IGNORE INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES ('idp_1', 'main', 'https://idp.example', 'me', 1, 1)",
    ),
    env.DB.prepare(
      "INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at) VALUES (?, ?, 'idp_1', ?, 1, 1)",
    ).bind(`idn_${name}`, userId, name),
  ]);
  const owner = sessionOwner("signin", "weur", userId);
  const appOwner = sessionOwner(SEGMENT, "weur", userId);
  const known = await loadPrincipal(env.DB, userId);
  if (!known) throw new Error("no user");
  const signIn = { id: sessionId, secretHash: name, kind: "sign_in", appId: null, principal: known } as const;
  const app = { id: `${sessionId}_app`, secretHash: `${name}-app`, principal: known };
  for (const [where, session] of [
    [owner, signIn],
    [appOwner, app],
  ] as const) {
    const created = await sessionsObject(bindings, where).create(createSession(session));
    expect(created).toMatchObject({ ok: true });
  }
  const show = await hideFromCoordinator(...untold.map((segment) => sessionOwner(segment, "weur", userId)));
  await coordinatorObject(bindings).tell([{ ...known, status: "disabled", version: Date.now() + 60_000 }]);
  await show();
  return { userId, sessionId, owner };
}

test("a user who was disabled a moment ago gets no sign-in, and is told so", async () => {
  await disabledMeanwhile("eve");
  const request = new Request("https://auth.example/");
  const claims = {
    ...{ subject: "eve", email: "eve@corp.com", name: "", groups: [], groupsStated: true },
    ...{ sid: null, acr: null, amr: [], authTime: 1 },
  };
  const provider = await enabledProvider(env.DB, "idp_1");
  if (!provider) throw new Error("no provider");
  expect(await openSignIn(request, bindings, provider, claims, null)).toEqual({
    ok: false,
    error: "user_disabled",
  });
});

test("nor a session of an app: a page with 403, not an invitation to try again", async () => {
  const { userId, sessionId, owner } = await disabledMeanwhile("mallory", "signin");
  const id = `att_${"0".repeat(26)}`;
  const app = { ...hubApp(bindings), id: "app_1", segmentId: SEGMENT };
  const { host } = new URL(bindings.hubOrigin);
  const attempts = attemptsObject(bindings, id);
  const browserHash = hashSecret("browser");
  await attempts.start(id, {
    kind: "app",
    appId: app.id,
    host,
    returnTo: "/",
    browserHash,
    clientMark: "",
    signInAfter: null,
  });
  const code = "c".repeat(43);
  const handoff = { signInSessionId: sessionId, signInOwner: owner, userId };
  expect(await attempts.grantCode(id, hashSecret(code), handoff)).toBe(true);
  const url = `${bindings.hubOrigin}/.rustronaut/callback?a=${id}&code=${code}`;
  const cookie = `${attemptCookieName(id)}=browser`;
  const response = await redeemCode(new Request(url, { headers: { cookie } }), app, bindings);
  expect([response.status, response.headers.get("X-Rustronaut-Response")]).toEqual([403, "login_failed"]);
  expect(await response.text()).toContain("account is disabled");
});
