import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { CLIENT, type System, startSystem } from "../../support/harness.ts";
import { call, change } from "./api.ts";

/** What an administrator changes holds for the very next request through the gateway: nothing is waited for here.
 * (Sub-resources are the exception by design: their leases live up to a second.) */

let system: System;
let alice: Attacker;
let bob: Attacker;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  // Alice is the owner; the last one could not be disabled.
  await system.admin.call("users.create", { body: { email: "second@example.com", role: "owner" } });
  alice = await signIn(system);
  bob = await signIn(system, "bob");
});
afterAll(() => system.stop());

/** Statuses of the next request of each, below zero when it did not reach the application. */
async function next(...of: Attacker[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const one of of) {
    const { status, hits } = await one.send("/", ["Sec-Fetch-Mode: cors"]);
    statuses.push(hits > 0 ? status : -status);
  }
  return statuses;
}

/** Whatever the browser held before, it signs in anew. */
const again = (user: string, origin = system.appOrigin) => signIn(system, user, origin);

const done = async (answer: ReturnType<typeof call>) => expect((await answer).status).toBeLessThan(300);

async function apply(part: Omit<NetworkDocument, "version">): Promise<void> {
  await applyNetwork(system.admin, { version: 1, ...part });
}
const PROVIDER = () => ({ name: "main", issuer: system.issuer, clientId: CLIENT.id });

const ENGINEERING_ONLY = `permit (principal in Group::"engineering", action, resource == App::"app");`;
const EVERYBODY = `permit (principal, action, resource == App::"app");`;

describe("a policy", () => {
  const POLICY = "/policies/app";
  const publish = (source: string) => done(change(system, "POST", POLICY, { source }, `${POLICY}/versions`));
  beforeEach(() => publish(EVERYBODY));

  it("that is published holds at once, and what it replaced no more", async () => {
    expect(await next(alice, bob)).toEqual([200, 200]);
    await publish(ENGINEERING_ONLY);
    expect(await next(alice, bob)).toEqual([200, -403]);
    await publish(EVERYBODY);
    expect(await next(alice, bob)).toEqual([200, 200]);
  });
  it("that is rolled back holds at once", async () => {
    await publish(ENGINEERING_ONLY);
    const number = (await call(system, "GET", POLICY)).json.currentVersion as number;
    await publish(EVERYBODY);
    expect(await next(alice, bob)).toEqual([200, 200]);
    await done(change(system, "POST", POLICY, { number }, `${POLICY}/rollback`));
    expect(await next(alice, bob)).toEqual([200, -403]);
  });
  it("that is disabled, enabled, or deleted does so at once", async () => {
    await done(change(system, "PATCH", POLICY, { enabled: false }));
    expect(await next(alice, bob)).toEqual([-403, -403]);
    await done(change(system, "PATCH", POLICY, { enabled: true }));
    expect(await next(alice, bob)).toEqual([200, 200]);
    const forbid = { name: "brake", source: `forbid (principal, action, resource == App::"app");` };
    await done(call(system, "POST", "/policies", forbid));
    expect(await next(alice, bob)).toEqual([-403, -403]);
    await done(change(system, "DELETE", "/policies/brake"));
    expect(await next(alice, bob)).toEqual([200, 200]);
  });
  it("that does not parse leaves what holds", async () => {
    const { code } = await change(system, "POST", POLICY, { source: "permit" }, `${POLICY}/versions`);
    expect(code).toBe("policy_invalid");
    expect(await next(alice, bob)).toEqual([200, 200]);
  });
});

describe("a group", () => {
  const PATH = "/groups/staff/members";
  beforeAll(async () => {
    for (const name of ["staff", "inner"]) await done(call(system, "POST", "/groups", { name }));
    const source = `permit (principal in Group::"staff", action, resource == App::"app");`;
    await done(change(system, "POST", "/policies/app", { source }, "/policies/app/versions"));
  });
  it("that a user joins or leaves counts at once", async () => {
    await done(call(system, "PUT", `${PATH}/user/bob@example.com`));
    expect(await next(bob)).toEqual([200]);
    await done(call(system, "DELETE", `${PATH}/user/bob@example.com`));
    expect(await next(bob)).toEqual([-403]);
    await done(call(system, "PUT", `${PATH}/user/bob@example.com`));
    expect(await next(bob)).toEqual([200]);
  });
  it("that a group joins or leaves counts at once, and so does its renaming and deletion", async () => {
    await done(call(system, "DELETE", `${PATH}/user/bob@example.com`));
    await done(call(system, "PUT", "/groups/inner/members/user/bob@example.com"));
    expect(await next(bob)).toEqual([-403]);
    await done(call(system, "PUT", `${PATH}/group/inner`));
    expect(await next(bob)).toEqual([200]);
    await done(call(system, "DELETE", `${PATH}/group/inner`));
    expect(await next(bob)).toEqual([-403]);
    await done(call(system, "PUT", `${PATH}/group/inner`));
    expect(await next(bob)).toEqual([200]);
    await done(change(system, "PATCH", "/groups/staff", { name: "former" }));
    expect(await next(bob)).toEqual([-403]);
    await done(change(system, "PATCH", "/groups/former", { name: "staff" }));
    expect(await next(bob)).toEqual([200]);
    await done(change(system, "DELETE", "/groups/inner"));
    expect(await next(bob)).toEqual([-403]);
  });
});

describe("a user", () => {
  const BOB = "/users/bob@example.com";
  beforeAll(async () => {
    await done(change(system, "POST", "/policies/app", { source: EVERYBODY }, "/policies/app/versions"));
  });
  it("who is disabled is out at once, everywhere, and can't come back", async () => {
    expect(await next(alice, bob)).toEqual([200, 200]);
    await done(change(system, "PATCH", BOB, { status: "disabled" }));
    expect(await next(alice, bob)).toEqual([200, -401]);
    await expect(again("bob")).rejects.toThrow("403");
    await done(change(system, "PATCH", BOB, { status: "active" }));
    expect(await next(bob)).toEqual([-401]);
    bob = await again("bob");
    expect(await next(bob)).toEqual([200]);
  });
  it("who is disabled by a document is out at once", async () => {
    const email = "bob@example.com";
    await apply({ users: [{ email, status: "disabled" }] });
    expect(await next(alice, bob)).toEqual([200, -401]);
    await apply({ users: [{ email, status: "active" }] });
    bob = await again("bob");
  });
  it("who is deleted is out at once", async () => {
    await done(change(system, "DELETE", BOB));
    expect(await next(alice, bob)).toEqual([200, -401]);
    bob = await again("bob");
    expect(await next(bob)).toEqual([200]);
  });
});

describe("an app", () => {
  let other: Attacker;
  const live = async (app: string) => (await call(system, "GET", `/sessions?app=${app}`)).json.items.length;
  it("that is disabled ends its sessions for good, and those of no other app", async () => {
    other = await again("alice", system.otherOrigin);
    expect(await next(alice, other)).toEqual([200, 200]);
    const ofApp = await live("app");
    expect([ofApp > 0, await live("other")]).toEqual([true, 1]);
    await done(change(system, "PATCH", "/apps/other", { enabled: false }));
    expect((await next(other))[0]).toBeLessThan(0);
    expect([await live("app"), await live("other")]).toEqual([ofApp, 0]);
    expect(await next(alice, bob)).toEqual([200, 200]);
    await done(change(system, "PATCH", "/apps/other", { enabled: true }));
    expect(await next(other)).toEqual([-401]);
  });
  it("that is deleted ends its sessions, and those of no other app", async () => {
    other = await again("alice", system.otherOrigin);
    expect(await next(alice, other)).toEqual([200, 200]);
    await done(change(system, "DELETE", "/apps/other"));
    expect((await next(other))[0]).toBeLessThan(0);
    expect(await next(alice, bob)).toEqual([200, 200]);
    const { json } = await call(system, "GET", "/sessions?state=ended");
    // U14: it is still called what it was called.
    expect(json.items[0]).toMatchObject({ kind: "app", appName: "other", endReason: "app_deleted" });
  });
});

describe("an identity provider that is switched off", () => {
  const endedByIt = async () => {
    const { items } = (await call(system, "GET", "/sessions?state=ended&limit=200")).json;
    return items.filter(({ endReason }: { endReason: string }) => endReason === "provider_disabled").length;
  };
  const MAIN = "/identity-providers/main";
  /** A document may not switch off the last provider that an owner has signed in by. */
  const secondOwnerSignsInElsewhere = async () => {
    const body = { name: "elsewhere", issuer: system.issuer, clientId: "elsewhere" };
    await system.admin.call("identityProviders.create", { body });
    const db = await system.platform.miniflare.getD1Database("DB");
    await db
      .prepare(
        `INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at)
         SELECT 'idn_elsewhere', u.id, p.id, 'second', 0, 0 FROM users u, identity_providers p
         WHERE u.email = 'second@example.com' AND p.name = 'elsewhere'`,
      )
      .run();
  };
  it.each([
    ["by hand", (enabled: boolean) => done(change(system, "PATCH", MAIN, { enabled }))],
    [
      "by a document",
      async (enabled: boolean) => {
        if (!enabled) await secondOwnerSignsInElsewhere();
        await apply({ identityProviders: [{ ...PROVIDER(), enabled }] });
        if (enabled) await done(change(system, "DELETE", "/identity-providers/elsewhere"));
      },
    ],
  ])("%s vouches for nobody any more, until it is on again", async (_how, set) => {
    expect(await next(alice, bob)).toEqual([200, 200]);
    const count = async () => (await call(system, "GET", "/sessions/count?provider=main")).json;
    const [{ sessions, people }, before] = [await count(), await endedByIt()];
    expect(people).toBe(2);
    await set(false);
    expect(await next(alice, bob)).toEqual([-401, -401]);
    // U13: as many as were named before, for the reason that it was, and on record.
    expect(await count()).toEqual({ sessions: 0, people: 0 });
    expect((await endedByIt()) - before).toBe(sessions);
    const events = (await call(system, "GET", "/audit?kinds=session&limit=1")).json.items;
    expect(events[0].entry).toMatchObject({
      action: "session.end",
      actor: expect.stringMatching(/^token:/),
      detail: { ended: sessions, reason: "provider_disabled" },
    });
    await set(true);
    expect(await next(alice)).toEqual([-401]);
    alice = await again("alice");
    bob = await again("bob");
  });
});
