import { beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../../../shared/access/sessions/types.ts";
import { serveBackchannelLogout } from "../../../workers/sign-in/oidc/backchannel-logout.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, type SilentProvider, silentProvider, startNetwork } from "./silent-provider.ts";

/** The cases of the OpenID Foundation's conformance suite about logout tokens, by the names of its modules. */

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

let provider: SilentProvider;
let session: Session;
beforeAll(async () => {
  await applyRegistry();
  await startNetwork();
  provider = await silentProvider();
  session = await provider.signIn();
});

function send(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const url = "https://auth.example/.rustronaut/backchannel-logout";
  const form = { "content-type": "application/x-www-form-urlencoded", ...headers };
  return serveBackchannelLogout(new Request(url, { method: "POST", body, headers: form }), bindings);
}

const now = () => Math.floor(Date.now() / 1_000);
const goodClaims = () => ({
  iss: provider.issuer,
  aud: "me",
  sub: provider.claims.sub,
  jti: crypto.randomUUID(),
  iat: now(),
  exp: now() + 120,
  events: { [EVENT]: {} },
  ignored_claim: "claims that are not understood are ignored",
});
type Claims = Partial<Record<keyof ReturnType<typeof goodClaims> | "nonce" | "sid" | "azp", unknown>>;

const sent = async (claims: Claims, header: Record<string, unknown> = {}) =>
  send(
    `logout_token=${await provider.sign({ ...goodClaims(), ...claims }, { typ: "logout+jwt", ...header })}`,
  );

describe("a logout token is refused, and nobody is signed out", () => {
  const PREFIX = "oidcc-client-test-rp-backchannel-rpinitlogout";
  test.each<[string, () => Claims, Record<string, unknown>?]>([
    [`${PREFIX}-wrong-alg`, () => ({}), { alg: "HS256" }],
    [`${PREFIX}-alg-none`, () => ({}), { alg: "none" }],
    [`${PREFIX}-wrong-aud`, () => ({ aud: "another" })],
    [`${PREFIX}-wrong-aud (and another beside us)`, () => ({ aud: ["me", "another"] })],
    [`${PREFIX}-wrong-issuer`, () => ({ iss: "https://another.example" })],
    [`${PREFIX}-wrong-issuer (with a slash more)`, () => ({ iss: `${provider.issuer}/` })],
    [`${PREFIX}-wrong-event`, () => ({ events: { "https://example.com/event": {} } })],
    [`${PREFIX}-wrong-event (no object)`, () => ({ events: { [EVENT]: true } })],
    [`${PREFIX}-no-event`, () => ({ events: undefined })],
    [`${PREFIX}-with-nonce`, () => ({ nonce: "n" })],
    [`${PREFIX}-with-nonce (empty)`, () => ({ nonce: null })],
    ["neither sub nor sid", () => ({ sub: undefined })],
    ["no jti", () => ({ jti: undefined })],
    ["expired", () => ({ exp: now() - 300 })],
    ["exp that is no number", () => ({ exp: "later" })],
    ["no iat", () => ({ iat: undefined })],
    ["iat of yesterday", () => ({ iat: now() - 86_400, exp: now() + 60 })],
    ["iat of tomorrow", () => ({ iat: now() + 86_400, exp: now() + 90_000 })],
    ["the type of an access token", () => ({}), { typ: "at+jwt" }],
    ["the type of a security event token", () => ({}), { typ: "secevent+jwt" }],
    ["an unknown key", () => ({}), { kid: "unknown" }],
    ["a key of its own", () => ({}), { jwk: { kty: "RSA" } }],
  ])("%s", async (_, claims, header) => {
    const response = await sent(claims(), header);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: "invalid_request" });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await provider.live(session)).toBeDefined();
  });

  test.each(["", "logout_token=", "logout_token=x.y.z", "logout_token=a&logout_token=b"])(
    "form %j",
    async (body) => {
      expect((await send(body)).status).toBe(400);
    },
  );

  test("an ID token of the same person is none", async () => {
    const idToken = { ...goodClaims(), events: undefined, nonce: "n", email: "a@corp.com" };
    expect((await sent(idToken, { typ: "JWT" })).status).toBe(400);
    expect(await provider.live(session)).toBeDefined();
  });
});

describe("a logout token ends the sessions", () => {
  // The type is only recommended (Back-Channel Logout 1.0 §2.4), and the suite's own tokens have none.
  test.each([
    ["oidcc-client-test-rp-backchannel-rpinitlogout", { typ: undefined }],
    ["with the type of every token", { typ: "JWT" }],
    ["with its own type", { typ: "logout+jwt" }],
    ["with its own type in full", { typ: "application/logout+jwt" }],
  ])("%s", async (_, header) => {
    const mine = await provider.signIn();
    const response = await sent({}, header);
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(await provider.live(mine)).toBeUndefined();
  });

  test("once: the same token again is refused", async () => {
    const jti = crypto.randomUUID();
    expect((await sent({ jti })).status).toBe(200);
    const mine = await provider.signIn();
    expect((await sent({ jti })).status).toBe(400);
    expect(await provider.live(mine)).toBeDefined();
  });

  test("of nobody whom we know, too: there is nothing to end", async () => {
    const mine = await provider.signIn();
    expect((await sent({ sub: "stranger" })).status).toBe(200);
    expect(await provider.live(mine)).toBeDefined();
  });
});
