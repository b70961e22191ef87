import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { NetworkCoordinatorRpc } from "../../../shared/access/sessions/coordinator.ts";
import type { Session } from "../../../shared/access/sessions/types.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { serveBackchannelLogout } from "../../../workers/sign-in/oidc/backchannel-logout.ts";
import { providerFetch } from "../../../workers/sign-in/provider-fetch.ts";
import { answeredBy } from "../../support/objects.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, HOUR, type Mode, run, silentProvider, startNetwork } from "./silent-provider.ts";

const db = env.DB;

beforeAll(async () => {
  await applyRegistry();
  await startNetwork();
});
afterEach(async () => {
  await db.prepare("DELETE FROM provider_grants").run();
});

describe("what a provider's metadata leads to", () => {
  test.each([
    "https://169.254.169.254/jwks",
    "https://10.0.0.1/jwks",
    "https://[::ffff:127.0.0.1]/jwks",
    "https://keys.internal/jwks",
    `https://${new URL(bindings.hubOrigin).hostname}/api/v1/users`,
    "http://idp.example/jwks",
  ])("is not fetched inside, nor from ourselves, nor without TLS: %s", async (url) => {
    vi.mocked(fetch).mockClear();
    await expect(providerFetch(bindings)(url, { headers: {} })).rejects.toThrow("address");
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("a logout token", () => {
  const send = async (token: string, through = bindings) => {
    const body = new URLSearchParams({ logout_token: token });
    const url = "https://auth.example/.rustronaut/backchannel-logout";
    return (await serveBackchannelLogout(new Request(url, { method: "POST", body }), through)).status;
  };
  test("whose sessions could not be ended yet counts when it is sent again, and then no more", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    const token = await provider.logoutToken();
    const away = () => Promise.reject(new Error("the coordinator is away"));
    const NETWORK_COORDINATOR = answeredBy<NetworkCoordinatorRpc>({ endEverywhere: away });
    const through = { ...bindings, NETWORK_COORDINATOR };
    await expect(send(token, through)).rejects.toThrow("away");
    expect(await provider.live(session)).toBeDefined();
    expect(await send(token)).toBe(200);
    expect(await provider.live(session)).toBeUndefined();
    const later = await provider.signIn();
    expect(await send(token)).toBe(400);
    expect(await provider.live(later)).toBeDefined();
  });
});

describe("S-27: what the provider says after the sign-in", () => {
  test("reaches live sessions with the next check, and not before its time", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.claims = { ...provider.claims, groups: ["engineering"], name: "New Name" };
    await run();
    expect(provider.asked).toBe(0);
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ checked: 1, confirmed: 1 });
    expect((await provider.live(session))?.principal).toMatchObject({
      groups: ["engineering"],
      name: "New Name",
    });
    await run();
    expect(provider.asked).toBe(1);
  });

  test.each([
    ["email_unverified", { email_verified: false }],
    ["unknown_user", { email: "person@elsewhere.com" }],
  ])("ends the sessions where a sign-in would be refused: %s", async (reason, change) => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.claims = { ...provider.claims, ...change };
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ ended: 1 });
    expect(await provider.live(session)).toBeUndefined();
    const { rows } = await auditObject(bindings).query({ kinds: ["session"], limit: 1 });
    expect(rows[0]?.entry).toMatchObject({
      action: "session.recheck_ended",
      target: session.principal.userId,
      detail: { reason, ended: 1, provider: provider.id },
    });
  });

  test("is not believed when it speaks of another subject", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.claims = { ...provider.claims, sub: "another", groups: ["engineering"] };
    await provider.pass(HOUR);
    await run();
    expect((await provider.live(session))?.principal.groups).toEqual(["sales"]);
  });
});

describe("G2: groups that an answer does not say", () => {
  const groupsNow = async (provider: Awaited<ReturnType<typeof silentProvider>>, session: Session) =>
    (await provider.live(session))?.principal.groups;

  test("are not none: the user keeps them, and is not confirmed", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    const { groups: _, ...without } = provider.claims;
    provider.claims = without;
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ confirmed: 0, failed: 1 });
    expect(await groupsNow(provider, session)).toEqual(["sales"]);
    expect((await provider.row())?.problem).toContain("groups");
    await provider.pass(24 * HOUR);
    expect(await run()).toMatchObject({ ended: 1 });
    expect(await provider.live(session)).toBeUndefined();
  });

  test("are none where the answer says so", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.claims = { ...provider.claims, groups: [] };
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ confirmed: 1 });
    expect(await groupsNow(provider, session)).toEqual([]);
  });

  const elsewhere = (provider: { issuer: string; claims: Record<string, unknown> }, source: object) => {
    const { groups: _, ...without } = provider.claims;
    return { ...without, _claim_names: { groups: "s" }, _claim_sources: { s: source } };
  };

  test("are fetched where they stand elsewhere", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.elsewhere = await provider.claimsToken({ sub: provider.claims.sub, groups: ["one", "two"] });
    provider.claims = elsewhere(provider, { endpoint: `${provider.issuer}/claims`, access_token: "t" });
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ confirmed: 1 });
    expect(await groupsNow(provider, session)).toEqual(["one", "two"]);
    provider.claims = elsewhere(provider, { JWT: await provider.claimsToken({ groups: ["three"] }) });
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ confirmed: 1 });
    expect(await groupsNow(provider, session)).toEqual(["three"]);
  });

  test.each<[string, (provider: Awaited<ReturnType<typeof silentProvider>>) => Promise<object>]>([
    ["an endpoint that gives nothing", async ({ issuer }) => ({ endpoint: `${issuer}/claims` })],
    ["an endpoint inside", async () => ({ endpoint: "https://169.254.169.254/claims" })],
    ["an endpoint without TLS", async () => ({ endpoint: "http://idp.example/claims" })],
    ["a token about another", async (p) => ({ JWT: await p.claimsToken({ sub: "another", groups: ["a"] }) })],
    ["a token that is over", async (p) => ({ JWT: await p.claimsToken({ exp: 1, groups: ["a"] }) })],
    [
      "a token of somebody else",
      async () => ({ JWT: await (await silentProvider()).claimsToken({ groups: ["a"] }) }),
    ],
    ["a token without them", async (p) => ({ JWT: await p.claimsToken({}) })],
    ["no source", async () => ({})],
  ])("end the sessions where they can't be had: %s", async (_what, source) => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.claims = elsewhere(provider, await source(provider));
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ ended: 1 });
    expect(await provider.live(session)).toBeUndefined();
  });
});

describe("S-28: the refresh token", () => {
  test("ends the user's sessions when it is refused, and takes the provider's groups back", async () => {
    const provider = await silentProvider();
    const [one, two] = [await provider.signIn(), await provider.signIn()];
    provider.mode = "invalid_grant";
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ ended: 1 });
    expect([await provider.live(one), await provider.live(two)]).toEqual([undefined, undefined]);
    expect(await provider.row()).toBeNull();
    const identity = await db
      .prepare("SELECT groups FROM identities WHERE provider_id = ?")
      .bind(provider.id)
      .first();
    expect(identity).toEqual({ groups: "[]" });
  });

  test("is used once by 20 runs at the same time, and its successor by the next run", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    for (const asked of [1, 2, 3]) {
      await provider.pass(HOUR);
      await Promise.all(Array.from({ length: 20 }, run));
      expect(provider.asked).toBe(asked);
    }
    expect(await provider.live(session)).toBeDefined();
  });

  test("is replaced before the rest of the answer is looked at", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.mode = "unacceptable";
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ failed: 1 });
    provider.mode = "well";
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ confirmed: 1 });
    expect(await provider.live(session)).toBeDefined();
  });

  test.each<Mode>(["invalid_grant", "well"])(
    "of a new sign-in takes the place of the old one while that is answered: %s",
    async (mode) => {
      const provider = await silentProvider();
      const sessions = [await provider.signIn()];
      provider.mode = mode;
      provider.meanwhile = async () => sessions.push(await provider.signIn("rt-new"));
      await provider.pass(HOUR);
      expect(await run()).toMatchObject({ checked: 1, confirmed: 0, ended: 0 });
      provider.meanwhile = async () => {};
      provider.mode = "well";
      provider.token = "rt-new";
      await provider.pass(HOUR);
      expect(await run()).toMatchObject({ confirmed: 1 });
      for (const session of sessions) expect(await provider.live(session)).toBeDefined();
    },
  );

  test("is forgotten when no session is left", async () => {
    const provider = await silentProvider();
    const { principal } = await provider.signIn();
    await db.prepare("UPDATE sessions_index SET ended_at = 1 WHERE user_id = ?").bind(principal.userId).run();
    await provider.pass(HOUR);
    await run();
    expect([provider.asked, await provider.row()]).toEqual([0, null]);
  });

  test("is in no log, no audit entry and not readable in the registry", async () => {
    const said: unknown[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...words) => void said.push(...words));
    }
    const provider = await silentProvider();
    const first = provider.token;
    await provider.signIn();
    for (const mode of ["well", "5xx", "unacceptable", "invalid_client", "invalid_grant"] as const) {
      provider.mode = mode;
      await provider.pass(HOUR);
      await run();
      said.push(await provider.row());
    }
    said.push((await auditObject(bindings).query({ limit: 100 })).rows);
    const text = JSON.stringify(said);
    expect(text).toContain("v1.");
    expect(text).not.toContain("rt-");
    expect(first).toContain("rt-");
  });
});

describe("S-28: a provider that can't be asked", () => {
  test.each<Mode>(["5xx", "timeout", "invalid_client", "unacceptable"])(
    "%s: sessions stand until the grace is over, counted from the last confirmation",
    async (mode) => {
      const provider = await silentProvider();
      const session = await provider.signIn();
      provider.mode = mode;
      for (let hour = 1; hour < 24; hour++) {
        await provider.pass(HOUR);
        expect(await run()).toMatchObject({ failed: 1, ended: 0 });
      }
      expect(await provider.live(session)).toBeDefined();
      await provider.pass(HOUR);
      expect(await run()).toMatchObject({ ended: 1 });
      expect(await provider.live(session)).toBeUndefined();
    },
  );

  test("begins a new grace with each confirmation", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    for (const mode of ["5xx", "well", "5xx"] as const) {
      provider.mode = mode;
      await provider.pass(20 * HOUR);
      await run();
    }
    expect(await provider.live(session)).toBeDefined();
  });

  test("is not asked for everybody: others wait for the next run, but no longer than the grace", async () => {
    const provider = await silentProvider();
    const sessions = [];
    for (let i = 0; i < 20; i++) sessions.push(await provider.signIn("rt-x", `p${i}`));
    provider.mode = "5xx";
    await provider.pass(HOUR);
    await run();
    expect(provider.asked).toBe(6);
    await run();
    expect(provider.asked).toBe(12);
    await provider.pass(24 * HOUR);
    expect(await run()).toMatchObject({ ended: 20 });
    expect(provider.asked).toBe(18);
    for (const session of sessions) expect(await provider.live(session)).toBeUndefined();
  });

  test("signs nobody out whose new token was lost with a slow answer, until the grace is over", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    provider.mode = "timeout";
    await provider.pass(HOUR);
    await run();
    provider.mode = "well";
    provider.token = "rt-that-nobody-learnt";
    await provider.pass(HOUR);
    expect(await run()).toMatchObject({ ended: 0 });
    expect(await provider.live(session)).toBeDefined();
    await provider.pass(24 * HOUR);
    expect(await run()).toMatchObject({ ended: 1 });
    expect(await provider.live(session)).toBeUndefined();
  });

  test("after a 5xx a refused token ends the sessions at once", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    for (const mode of ["5xx", "invalid_grant"] as const) {
      provider.mode = mode;
      await provider.pass(HOUR);
      await run();
    }
    expect(await provider.live(session)).toBeUndefined();
  });
});

describe("a run that died", () => {
  test("between a change and telling it has the next one tell it, even while the provider is away", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    await provider.pass(HOUR);
    await db.batch([
      db
        .prepare("UPDATE identities SET groups = '[\"ops\"]', updated_at = ? WHERE provider_id = ?")
        .bind(Date.now() + 1, provider.id),
      db.prepare("UPDATE provider_grants SET untold = 1"),
    ]);
    provider.mode = "5xx";
    await run();
    expect((await provider.live(session))?.principal.groups).toEqual(["ops"]);
    expect((await provider.row())?.untold).toBe(0);
  });

  test("before its answer was known leaves a doubt about the token", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    await provider.pass(HOUR);
    await db.prepare("UPDATE provider_grants SET claim = 'dead', claimed_until = 1, unanswered = 1").run();
    provider.mode = "invalid_grant";
    await run();
    expect(await provider.live(session)).toBeDefined();
    await provider.pass(24 * HOUR);
    await run();
    expect(await provider.live(session)).toBeUndefined();
  });

  test("leaves its claim to lapse, and the ending of sessions to a later run", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    await provider.pass(HOUR);
    await db
      .prepare("UPDATE provider_grants SET state = 'ending', claim = 'dead', claimed_until = ?")
      .bind(Date.now() + HOUR)
      .run();
    await run();
    expect(await provider.live(session)).toBeDefined();
    await db.prepare("UPDATE provider_grants SET claimed_until = 1").run();
    await run();
    expect(await provider.live(session)).toBeUndefined();
    expect(provider.asked).toBe(0);
  });
});
