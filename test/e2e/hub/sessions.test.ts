import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { call, hubCookie } from "./api.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

const sessions = async (query = "") => {
  const { data } = await system.admin.call("sessions.list", {
    query: Object.fromEntries(new URLSearchParams(query)),
  });
  return data.items;
};
const me = async (cookie: string) => (await call(system, "GET", "/me", undefined, { cookie })).status;

describe("an administrator's session at the hub", () => {
  it("is listed as one of the app hub, and found by that name", async () => {
    await hubCookie(system);
    const all = await sessions();
    expect(all.map(({ kind, appName }) => [kind, appName])).toEqual([
      ["app", "hub"],
      ["sign_in", null],
    ]);
    const [own] = await sessions("app=hub");
    expect(own).toEqual(all[0]);
    expect(own).toMatchObject({ appId: "hub", email: "alice@example.com", parentId: all[1]?.id });
  });
  it("ends alone, and the app sessions beside it go on", async () => {
    const visitor = new Visitor();
    await visitor.visit(`${system.hubOrigin}/`, "alice");
    expect((await visitor.visit(`${system.appOrigin}/`, "alice")).response.status).toBe(200);
    const cookie = visitor.cookieHeader(system.hubOrigin);
    expect(await me(cookie)).toBe(200);
    const [own] = await sessions("app=hub");
    const { data } = await system.admin.call("sessions.kill", { params: { session: own?.id ?? "" } });
    expect(data).toEqual({ ended: [own?.id], pending: 0 });
    expect(await me(cookie)).toBe(401);
    expect((await visitor.get(`${system.appOrigin}/`)).status).toBe(200);
  });
  it("ends with the sign-in session above it, and so do the apps' beside it", async () => {
    const visitor = new Visitor();
    await visitor.visit(`${system.hubOrigin}/`, "alice");
    await visitor.visit(`${system.appOrigin}/`, "alice");
    const [app, hub] = await sessions();
    const parent = hub?.parentId ?? "";
    const { data } = await system.admin.call("sessions.kill", { params: { session: parent } });
    expect(data.ended.sort()).toEqual([app?.id, hub?.id, parent].sort());
    expect(await me(visitor.cookieHeader(system.hubOrigin))).toBe(401);
    expect((await visitor.get(`${system.appOrigin}/`)).status).toBe(302);
  });
  it("is counted with all those of its user, also where it went with its sign-in session", async () => {
    const visitors = [new Visitor(), new Visitor()];
    for (const visitor of visitors) {
      await visitor.visit(`${system.hubOrigin}/`, "alice");
      await visitor.visit(`${system.appOrigin}/`, "alice");
    }
    const live = (await sessions("user=alice@example.com")).map(({ id }) => id);
    expect(live.length).toBeGreaterThanOrEqual(6);
    const { data } = await system.admin.call("sessions.killMany", {
      body: { by: "user", user: "alice@example.com" },
    });
    expect(data.ended.sort()).toEqual(live.sort());
    expect(await sessions("user=alice@example.com")).toEqual([]);
    const { data: log } = await system.admin.call("audit.list", {
      query: { kinds: "admin", limit: "1" } as never,
    });
    expect(log.items[0]?.entry).toMatchObject({ action: "session.kill", detail: { ended: live.length } });
  });
  it("ends with all those of the hub", async () => {
    const cookies = [await hubCookie(system), await hubCookie(system)];
    await system.admin.call("sessions.killMany", { body: { by: "app", app: "hub" } });
    for (const cookie of cookies) expect(await me(cookie)).toBe(401);
    expect(await sessions("app=hub")).toEqual([]);
    const { data } = await system.admin.call("audit.list", {
      query: { kinds: "admin", limit: "1" } as never,
    });
    expect(data.items[0]?.entry).toMatchObject({ action: "session.kill", target: "hub" });
  });
  it("loses its rights with the role, at the next call", async () => {
    await system.admin.call("users.create", { body: { email: "bob@example.com", role: "auditor" } });
    const cookie = await hubCookie(system, "bob");
    expect(await me(cookie)).toBe(200);
    const appsStatus = async () => (await call(system, "GET", "/apps", undefined, { cookie })).status;
    expect(await appsStatus()).toBe(200);
    const { etag } = await call(system, "GET", "/users/bob@example.com");
    await call(system, "PATCH", "/users/bob@example.com", { role: null }, { "if-match": etag });
    expect(await appsStatus()).toBe(403);
    // Who is signed in may still learn that they are nobody here.
    expect((await call(system, "GET", "/me", undefined, { cookie })).json).toMatchObject({ role: null });
  });
});
