import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLIENT, freePort, type System, startSystem } from "../../support/harness.ts";
import { openDownload } from "../../support/streams.ts";
import { Visitor } from "../../support/visitor.ts";
import { type RefreshingProvider, startRefreshingProvider } from "./refreshing-provider.ts";

const HOUR = 3_600_000;
let system: System;
let provider: RefreshingProvider;

beforeAll(async () => {
  const port = await freePort();
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${port}`],
    providers: [
      {
        name: "refreshing",
        issuer: `http://127.0.0.1:${port}`,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        scopes: "openid email profile groups",
        allowedDomains: ["example.com"],
        offlineAccess: "consent",
        recheckMinutes: 10,
        recheckGraceHours: 2,
      },
    ],
  });
  provider = await startRefreshingProvider({
    port,
    authOrigin: system.authOrigin,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
  });
});
afterAll(async () => {
  provider.close();
  await system.stop();
});
beforeEach(async () => {
  provider.isDown = false;
  await (await database()).prepare("DELETE FROM provider_grants").run();
});

const database = () => system.platform.miniflare.getD1Database("DB");

/** The cron trigger. */
async function run(): Promise<void> {
  const worker = await system.platform.miniflare.getWorker("rustronaut");
  const { outcome } = await worker.scheduled({ cron: "* * * * *" });
  expect(outcome).toBe("ok");
}

/** Lets every grant be older than it is. */
async function pass(ms: number): Promise<void> {
  await (await database())
    .prepare("UPDATE provider_grants SET due_at = due_at - ?1, confirmed_at = confirmed_at - ?1")
    .bind(ms)
    .run();
}

/** Signs a new person of the provider in to the app. */
async function signIn(subject: string): Promise<Visitor> {
  const name = `Person ${subject}`;
  provider.people.set(subject, { name, email: `${subject}@example.com`, groups: ["sales"] });
  const visitor = new Visitor();
  const choice = await visitor.visit(`${system.appOrigin}/`, "nobody");
  const href = /href="([^"]+)">Continue with <bdi>refreshing/.exec(choice.response.text)?.[1] ?? "";
  const { response } = await visitor.visit(system.authOrigin + href.replaceAll("&amp;", "&"), subject);
  expect(response.status).toBe(200);
  return visitor;
}

const appStatus = async (visitor: Visitor) =>
  (await visitor.get(`${system.appOrigin}/`, { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" })).status;

const isSignedIn = async (visitor: Visitor) =>
  (await visitor.get(`${system.authOrigin}/`)).headers["x-rustronaut-response"] === "launcher";

describe("a person who is signed in", () => {
  test("S-27: loses what a group gave as soon as the provider says so, open streams too", async () => {
    const visitor = await signIn("erin");
    const host = new URL(system.appOrigin).host;
    const stream = await openDownload(system.port, host, visitor.cookieHeader(system.appOrigin), "/download");
    provider.people.set("erin", { name: "Erin", email: "erin@example.com", groups: [] });
    expect(await appStatus(visitor)).toBe(200);
    await pass(HOUR);
    await run();
    expect(await appStatus(visitor)).toBe(403);
    await stream.cut;
    expect(await isSignedIn(visitor)).toBe(true);

    provider.people.set("erin", { name: "Erin", email: "erin@example.com", groups: ["sales"] });
    await pass(HOUR);
    await run();
    expect(await appStatus(visitor)).toBe(200);
  });

  test.each<[string, (subject: string) => Promise<unknown>]>([
    ["revoked", async (subject) => provider.revoke(subject)],
    ["gone", async (subject) => provider.people.delete(subject)],
  ])("S-28: is signed out everywhere when the grant or the account is %s; others stay", async (how, act) => {
    const [visitor, other] = [await signIn(`frank${how}`), await signIn(`grace${how}`)];
    await act(`frank${how}`);
    await pass(HOUR);
    await run();
    expect([await appStatus(visitor), await isSignedIn(visitor)]).toEqual([401, false]);
    expect([await appStatus(other), await isSignedIn(other)]).toEqual([200, true]);
    const { data } = await system.admin.call("audit.list", { query: { kinds: "session" } });
    expect(JSON.stringify(data)).toContain("the provider refused the refresh token");
  });

  test("S-28: is asked about once by 20 runs at the same time, and stays through many rotations", async () => {
    const visitor = await signIn("heidi");
    for (let round = 0; round < 3; round++) {
      const before = provider.refreshes;
      await pass(HOUR);
      await Promise.all(Array.from({ length: 20 }, run));
      expect(provider.refreshes - before).toBe(1);
    }
    expect(await appStatus(visitor)).toBe(200);
  });

  test("S-28: stays while the provider is away, until the grace is over", async () => {
    const visitor = await signIn("ivan");
    provider.isDown = true;
    await pass(HOUR);
    await run();
    expect([await appStatus(visitor), await isSignedIn(visitor)]).toEqual([200, true]);
    await pass(HOUR);
    await run();
    expect([await appStatus(visitor), await isSignedIn(visitor)]).toEqual([401, false]);
  });

  test("S-28: is confirmed again when the provider is back", async () => {
    const visitor = await signIn("judy");
    for (const isDown of [true, false, true]) {
      provider.isDown = isDown;
      await pass(1.5 * HOUR);
      await run();
    }
    expect(await appStatus(visitor)).toBe(200);
  });
});

describe("refresh tokens", () => {
  test("are asked for only where the provider's settings say so", async () => {
    const visitor = new Visitor();
    const { response } = await visitor.visit(`${system.appOrigin}/`, "nobody");
    const href = /href="([^"]+)">Continue with <bdi>main/.exec(response.text)?.[1] ?? "";
    const start = await visitor.get(system.authOrigin + href.replaceAll("&amp;", "&"));
    const { searchParams } = new URL(String(start.headers.location));
    expect([searchParams.get("scope"), searchParams.get("prompt")]).toEqual([
      "openid email profile groups",
      null,
    ]);
  });

  test("are never shown, nor stored in the clear", async () => {
    await signIn("mallory");
    await pass(HOUR);
    await run();
    const { results } = await (await database()).prepare("SELECT * FROM provider_grants").all();
    const shown = JSON.stringify([
      results,
      await system.admin.call("identityProviders.list", { query: {} }),
      await system.admin.call("users.list", { query: {} }),
      await system.admin.call("sessions.list", { query: {} }),
      await system.admin.call("audit.list", { query: {} }),
      await system.admin.call("network.export", {}),
    ]);
    expect(shown).toContain("mallory@example.com");
    expect(provider.given.length).toBeGreaterThan(1);
    for (const token of provider.given) expect(shown).not.toContain(token);
  });
});
