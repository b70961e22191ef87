import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import { type Fault, type FaultyProvider, startFaultyProvider } from "../../support/faulty-provider.ts";
import { CLIENT, freePort, type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { trustTests } from "./trust-tests.ts";

let system: System;
let provider: FaultyProvider;

beforeAll(async () => {
  const port = await freePort();
  provider = await startFaultyProvider({ port, clientId: CLIENT.id, clientSecret: CLIENT.secret });
  system = await startSystem({
    developmentHosts: [`127.0.0.1:${port}`],
    providers: [
      {
        name: "faulty",
        issuer: provider.issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        allowedDomains: ["example.com"],
      },
    ],
  });
});
afterAll(async () => {
  provider.close();
  await system.stop();
});
beforeEach(() => {
  provider.fault = null;
  provider.claims = {};
  provider.userinfo = {};
});

/** The link that the choice of providers shows for the faulty one. */
async function loginUrl(visitor: Visitor): Promise<string> {
  const { text } = await visitor.get(`${system.authOrigin}/`);
  const href = /href="([^"]+)">Continue with <bdi>faulty/.exec(text)?.[1];
  if (!href) throw new Error(text);
  return system.authOrigin + href.replaceAll("&amp;", "&");
}

async function signIn(visitor = new Visitor()) {
  const { response } = await visitor.visit(await loginUrl(visitor), "nobody");
  return { visitor, response, isSignedIn: visitor.cookies(system.authOrigin).has("__Host-rn_g") };
}

const reason = ({ headers }: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
  headers["x-rustronaut-response"];

describe("sign-in at an OpenID provider", () => {
  test("succeeds when nothing is wrong, and shows the launcher", async () => {
    const { response, isSignedIn } = await signIn();
    expect([response.status, reason(response)]).toEqual([200, "launcher"]);
    expect(response.text).toContain("carol@example.com");
    expect(isSignedIn).toBe(true);
  });

  test.each<Fault>([
    "wrong_issuer",
    "wrong_response_issuer",
    "wrong_audience",
    "two_audiences",
    "wrong_azp",
    "wrong_nonce",
    "wrong_at_hash",
    "wrong_signature",
    "alg_none",
    "alg_hs256",
    "embedded_key",
    "expired",
    "issued_in_future",
    "no_id_token",
    "email_unverified",
    "email_missing",
    "userinfo_of_another",
    "too_many_groups",
    "refused",
  ])("S-25, S-26: is refused with a page when the provider answers with %s", async (fault) => {
    provider.fault = fault;
    const { response, isSignedIn } = await signIn();
    expect([response.status, reason(response)]).toEqual([403, "login_failed"]);
    expect(response.text).toContain("/.rustronaut/login/idp_");
    expect(isSignedIn).toBe(false);
    const number = /aud_[0-9a-z]{26}/.exec(response.text)?.[0] ?? "none";
    const { data } = await system.admin.call("audit.list", { query: { id: number } });
    expect(data.items).toMatchObject([{ entry: { action: "login.failed" } }]);
  });

  test("S-28: is a 503 with a way to try again while the provider is away, and works when it is back", async () => {
    const visitor = new Visitor();
    provider.fault = "down";
    const { response, isSignedIn } = await signIn(visitor);
    expect([response.status, reason(response)]).toEqual([503, "identity_provider_unavailable"]);
    expect(isSignedIn).toBe(false);
    // U12: the outage is an event, under the number that the person was shown.
    const number = /aud_[0-9a-z]{26}/.exec(response.text)?.[0] ?? "none";
    expect((await system.admin.call("audit.list", { query: { id: number } })).data.items).toMatchObject([
      { entry: { action: "login.provider_away", detail: { reason: expect.stringContaining("no answer") } } },
    ]);
    const retry = /href="(\/\.rustronaut\/login\/[^"]+)"/.exec(response.text)?.[1] ?? "";
    provider.fault = null;
    const again = await visitor.visit(system.authOrigin + retry, "nobody");
    expect(reason(again.response)).toBe("launcher");
  });

  test("S-27: takes the groups that the provider names now", async () => {
    const { user } = provider;
    provider.user = { ...user, sub: "dave", email: "dave@example.com", groups: [] };
    const before = await signIn();
    provider.user = { ...provider.user, groups: ["sales"] };
    const after = await signIn();
    provider.user = user;
    expect(before.response.text).not.toContain(`href="${system.appOrigin}/"`);
    expect(after.response.text).toContain(`href="${system.appOrigin}/"`);
    const reloaded = await before.visitor.get(`${system.authOrigin}/`);
    expect(reloaded.text).toContain(`href="${system.appOrigin}/"`);
  });

  test("follows a rotation of the provider's key, but asks for unknown keys at most once a minute", async () => {
    await provider.rotateKey();
    const before = provider.hits.get("/jwks") ?? 0;
    expect(reason((await signIn()).response)).toBe("launcher");
    provider.fault = "unknown_kid";
    for (let i = 0; i < 3; i++) expect(reason((await signIn()).response)).toBe("login_failed");
    expect((provider.hits.get("/jwks") ?? 0) - before).toBe(1);
  });
});

describe("S-20, S-21: callback from the provider", () => {
  /** The provider's redirect back to us, not followed. */
  async function callbackUrl(visitor: Visitor): Promise<string> {
    const start = await visitor.get(await loginUrl(visitor));
    const back = await visitor.get(String(start.headers.location));
    return String(back.headers.location);
  }

  const outcome = async (visitor: Visitor, url: string) => reason(await visitor.get(url));

  test("needs a state that is known, and the browser that started it; the code is not redeemed before", async () => {
    const [victim, attacker] = [new Visitor(), new Visitor()];
    const url = await callbackUrl(attacker);
    const redeemed = provider.hits.get("/token") ?? 0;
    expect(await outcome(victim, url)).toBe("login_attempt_invalid");
    for (const state of ["", "x", "att_00000000000000000000000000"]) {
      const other = new URL(url);
      other.searchParams.set("state", state);
      expect(await outcome(attacker, other.href)).toBe("login_attempt_invalid");
    }
    expect(victim.cookies(system.authOrigin).has("__Host-rn_g")).toBe(false);
    expect(provider.hits.get("/token") ?? 0).toBe(redeemed);
    expect(await outcome(attacker, url)).toBe("signed_in");
  });

  test("is good once: a replay is an error page with a way to start anew", async () => {
    const visitor = new Visitor();
    const url = await callbackUrl(visitor);
    const cookies = visitor.cookieHeader(system.authOrigin);
    expect(await outcome(visitor, url)).toBe("signed_in");
    const replay = await visitor.get(url, { cookie: cookies });
    expect([replay.status, reason(replay)]).toEqual([400, "login_attempt_invalid"]);
    expect(replay.text).toContain('href="/.rustronaut/login/idp_');
  });

  test("lets two tabs finish in reverse order", async () => {
    const visitor = new Visitor();
    const [first, second] = [await callbackUrl(visitor), await callbackUrl(visitor)];
    expect(await outcome(visitor, second)).toBe("signed_in");
    expect(await outcome(visitor, first)).toBe("signed_in");
  });

  test("G9: eight tabs that wait at the provider all finish, though five attempts are kept", async () => {
    const visitor = new Visitor();
    const urls: string[] = [];
    for (let i = 0; i < 8; i++) urls.push(await callbackUrl(visitor));
    const ends: unknown[] = [];
    for (const url of urls) ends.push(reason((await visitor.visit(url, "nobody")).response));
    expect(ends).toEqual(urls.map(() => "launcher"));
  });

  test("keeps at most five attempts of a browser alive", async () => {
    const visitor = new Visitor();
    const link = await loginUrl(visitor);
    for (let i = 0; i < 8; i++) await visitor.get(link);
    const held = [...visitor.cookies(system.authOrigin).keys()].filter((name) =>
      name.startsWith("__Host-rn_l_"),
    );
    expect(held).toHaveLength(5);
  });
});

describe("sign-in session", () => {
  test("S-23: is new after each sign-in, whatever cookie was planted", async () => {
    const visitor = new Visitor();
    const planted = `signin.weur.1.${"A".repeat(43)}`;
    visitor.cookies(system.authOrigin).set("__Host-rn_g", planted);
    const { response } = await signIn(visitor);
    expect(reason(response)).toBe("launcher");
    expect(visitor.cookies(system.authOrigin).get("__Host-rn_g")).not.toBe(planted);
  });

  test("S-23: two cookies that both prove a session prove none", async () => {
    const [one, two] = [await signIn(), await signIn()];
    const both = [one, two]
      .map(({ visitor }) => `__Host-rn_g=${visitor.cookies(system.authOrigin).get("__Host-rn_g")}`)
      .join("; ");
    expect(reason(await new Visitor().get(`${system.authOrigin}/`, { cookie: both }))).toBe(
      "choose_provider",
    );
  });

  test("signs out only by a POST of our own page", async () => {
    const { visitor } = await signIn();
    const url = `${system.authOrigin}/.rustronaut/sign-out`;
    const page = await visitor.get(url);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const body = `csrf=${csrf}&scope=device`;
    const post = (headers: Record<string, string>, text: string) =>
      visitor.get(url, { ...form, ...headers }, "POST", text);
    expect(reason(await post({ "sec-fetch-site": "cross-site" }, body))).toBe("csrf_rejected");
    expect(reason(await post({ "sec-fetch-site": "same-origin" }, "scope=device"))).toBe("csrf_rejected");
    expect(reason(await visitor.get(`${system.authOrigin}/`))).toBe("launcher");
    const cookie = visitor.cookieHeader(system.authOrigin);
    expect(reason(await post({ "sec-fetch-site": "same-origin" }, body))).toBe("signed_out");
    expect(reason(await new Visitor().get(`${system.authOrigin}/`, { cookie }))).toBe("choose_provider");
  });
});

describe("G4: a denial by the age of the sign-in", () => {
  const origin = () => system.appOrigin.replace("app.", "vault.");
  const old = () => Math.floor(Date.now() / 1_000) - 3_600;
  const now = () => Math.floor(Date.now() / 1_000);
  beforeAll(() =>
    applyNetwork(system.admin, {
      version: 1,
      apps: [
        { name: "vault", host: "vault.localhost", segment: "main", upstreams: [system.upstream.origin] },
        { name: "safe", host: "safe.localhost", segment: "main", upstreams: [system.upstream.origin] },
      ],
      policies: [
        {
          name: "vault",
          source: `permit (principal, action, resource == App::"vault");
permit (principal, action, resource == App::"safe");
forbid (principal, action, resource == App::"vault") when { context.request.path like "/secret*" }
unless { context has authentication && context.authentication.age < 300 };
forbid (principal, action, resource == App::"safe") unless { context has authentication && context.authentication.age < 300 };`,
        },
      ],
    }),
  );

  async function signedInLongAgo(): Promise<Visitor> {
    provider.claims = { auth_time: old() };
    const { visitor } = await signIn();
    expect((await visitor.visit(`${origin()}/`, "nobody")).response.status).toBe(200);
    return visitor;
  }

  test("leads a navigation to a new sign-in at the provider, and back", async () => {
    const visitor = await signedInLongAgo();
    const begun = await visitor.get(`${origin()}/secret?x=1`);
    expect([begun.status, reason(begun)]).toEqual([302, "sign_in"]);
    provider.claims = { auth_time: now() };
    const { url, response } = await visitor.visit(String(begun.headers.location), "nobody");
    expect([url, response.status]).toEqual([`${origin()}/secret?x=1`, 200]);
    expect([provider.asked.get("prompt"), provider.asked.get("max_age")]).toEqual(["login", "0"]);
  });

  test.each([
    ["an old sign-in", () => ({ auth_time: old() })],
    ["no time of the sign-in", () => ({ auth_time: undefined })],
  ])("takes no provider's word that gives %s: asking is no proof", async (_what, claims) => {
    const visitor = await signedInLongAgo();
    provider.claims = claims();
    const { response } = await visitor.visit(`${origin()}/secret`, "nobody");
    expect([response.status, reason(response)]).toEqual([403, "login_failed"]);
    expect((await visitor.get(`${origin()}/`)).status).toBe(200);
  });

  test("tells a script where to sign in anew", async () => {
    const visitor = await signedInLongAgo();
    const script = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    const answer = await visitor.get(`${origin()}/secret`, script);
    expect([answer.status, reason(answer)]).toEqual([401, "sign_in_too_old"]);
    provider.claims = { auth_time: now() };
    await visitor.visit((JSON.parse(answer.text) as { login_url: string }).login_url, "nobody");
    expect((await visitor.get(`${origin()}/secret`, script)).status).toBe(200);
  });

  test("on the first visit of an app too", async () => {
    provider.claims = { auth_time: old() };
    const { visitor } = await signIn();
    const safe = system.appOrigin.replace("app.", "safe.");
    expect((await visitor.get(`${system.authOrigin}/`)).text).toContain(`href="${safe}/"`);
    const start = String((await visitor.get(`${safe}/`)).headers.location);
    const answer = await visitor.get(start);
    expect(String(answer.headers.location)).toContain(provider.issuer);
    provider.claims = { auth_time: now() };
    const { url } = await visitor.visit(String(answer.headers.location), "nobody");
    expect(url).toBe(`${safe}/`);
  });
});

trustTests(() => ({ system, provider, signIn }));

describe("back-channel logout", () => {
  const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
  const now = () => Math.floor(Date.now() / 1_000);
  const claims = (jti: string) => ({
    iss: provider.issuer,
    aud: CLIENT.id,
    iat: now(),
    exp: now() + 60,
    jti,
    events,
    sub: provider.user.sub,
  });
  const post = async (token: string) => {
    const url = `${system.authOrigin}/.rustronaut/backchannel-logout`;
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return (await new Visitor().get(url, type, "POST", `logout_token=${token}`)).status;
  };

  test("ends the subject's sessions, once per token", async () => {
    const { visitor } = await signIn();
    const token = await provider.sign(claims("one"), { typ: "logout+jwt" });
    expect(await post(token)).toBe(200);
    expect(reason(await visitor.get(`${system.authOrigin}/`))).toBe("choose_provider");
    expect(await post(token)).toBe(400);
  });

  test("refuses what is not a logout token of this provider for us", async () => {
    const { visitor } = await signIn();
    const good = { typ: "logout+jwt" };
    expect(await post(await provider.sign(claims("a"), { typ: "at+jwt" }))).toBe(400);
    expect(await post(await provider.sign({ ...claims("b"), nonce: "n" }, good))).toBe(400);
    expect(await post(await provider.sign({ ...claims("c"), aud: "another" }, good))).toBe(400);
    expect(await post(await provider.sign({ ...claims("d"), iss: "https://evil.example" }, good))).toBe(400);
    expect(await post(await provider.sign({ ...claims("e"), events: {} }, good))).toBe(400);
    const signed = await provider.sign(claims("f"), good);
    expect(await post(`${signed.slice(0, -8)}AAAAAAAA`)).toBe(400);
    expect(await post("nonsense")).toBe(400);
    expect(reason(await visitor.get(`${system.authOrigin}/`))).toBe("launcher");
  });
});
