import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { type FaultyProvider, startFaultyProvider } from "../../support/faulty-provider.ts";
import { CLIENT, freePort, type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

/** S-49: whatever is broken, the answer is never an allow; it is a clear 503, and it mends itself. */

let system: System;
let alice: Attacker;
/** Another one than Alice's. */
let provider: FaultyProvider;
beforeAll(async () => {
  const port = await freePort();
  provider = await startFaultyProvider({ port, clientId: CLIENT.id, clientSecret: CLIENT.secret });
  provider.user = { ...provider.user, groups: ["engineering"] };
  system = await startSystem({ developmentHosts: [`127.0.0.1:${port}`] });
  alice = await signIn(system);
  await system.admin.call("identityProviders.create", {
    body: {
      name: "second",
      issuer: provider.issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      allowedDomains: ["example.com"],
    },
  });
});
afterAll(async () => {
  provider.close();
  await system.stop();
});

const database = () => system.platform.miniflare.getD1Database("DB");

describe("the policy store fails", () => {
  it("a changed epoch that can't be loaded is 503, and recovers without a hand", async () => {
    const db = await database();
    await system.admin.call("segments.create", { body: { name: "bump-1" } });
    await db.prepare("ALTER TABLE policy_versions RENAME TO policy_versions_away").run();
    const broken = await alice.send("/");
    expect([broken.status, broken.hits]).toEqual([503, 0]);
    expect(broken.header("retry-after")).toBeTruthy();
    expect(broken.head).toMatch(/no-store/);
    await db.prepare("ALTER TABLE policy_versions_away RENAME TO policy_versions").run();
    const mended = await alice.send("/");
    expect([mended.status, mended.hits]).toEqual([200, 1]);
  });
});

describe("a policy in the store is damaged", () => {
  it("is 503, never an allow by leaving it out", async () => {
    const db = await database();
    await db
      .prepare(
        "UPDATE policy_versions SET compiled = '{\"nonsense\":' WHERE policy_id = (SELECT id FROM policies WHERE name = 'app')",
      )
      .run();
    await system.admin.call("segments.create", { body: { name: "bump-2" } }).catch(() => {});
    const broken = await alice.send("/admin");
    expect([broken.status, broken.hits]).toEqual([503, 0]);
    const { etag } = await system.admin.call("policies.get", { params: { policy: "app" } });
    await system.admin.call("policies.publish", {
      params: { policy: "app" },
      body: { source: `permit (principal in Group::"engineering", action, resource == App::"app");` },
      ifMatch: etag ?? "",
    });
    const mended = await alice.send("/");
    expect([mended.status, mended.hits]).toEqual([200, 1]);
  });
});

describe("the identity provider is away", () => {
  it("a sign-in is 503 with a way to try again; sessions that exist go on", async () => {
    const origin = system.otherOrigin;
    /** Goes to the app as somebody new, and as far as the provider takes them by itself. */
    const arrive = async (visitor: Visitor) => {
      const { response } = await visitor.visit(`${origin}/`, "nobody");
      const link = /href="([^"]+)">Continue with <bdi>second/.exec(response.text)?.[1] ?? "";
      return visitor.visit(system.authOrigin + link.replaceAll("&amp;", "&"), "nobody");
    };
    const carol = new Visitor();
    expect((await arrive(carol)).response.status).toBe(200);
    provider.fault = "down";
    const late = new Visitor();
    const { response } = await arrive(late);
    expect([response.status, response.headers["x-rustronaut-response"]]).toEqual([
      503,
      "identity_provider_unavailable",
    ]);
    expect((await carol.get(`${origin}/`)).status).toBe(200);
    provider.fault = null;
    const retry = /href="(\/\.rustronaut\/login\/[^"]+)"/.exec(response.text)?.[1] ?? "";
    const again = await late.visit(system.authOrigin + retry, "nobody");
    expect([again.url, again.response.status]).toEqual([`${origin}/`, 200]);
  });
});

describe("an object restarts", () => {
  it("the session is still there afterwards", async () => {
    const { miniflare } = system.platform;
    const cookie = alice.visitor.cookies(system.appOrigin).get("__Host-rn_s") ?? "";
    const owner = cookie.slice(0, cookie.lastIndexOf(".")).replaceAll(".", "/");
    await miniflare.unsafeEvictDurableObject("rustronaut", "SegmentSessions", { name: owner });
    const { status, hits } = await alice.send("/");
    expect([status, hits]).toEqual([200, 1]);
  });
});

describe("S-50 clocks", () => {
  it("a visitor without a session can't be let in by any header that claims a time", async () => {
    const response = await localRequest(`${system.appOrigin}/`, {
      headers: { date: "Thu, 01 Jan 1970 00:00:00 GMT" },
    });
    expect(response.status).toBe(401);
  });
});
