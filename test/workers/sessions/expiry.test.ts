import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { applyRegistry } from "../registry.ts";
import { coordinator, cutOffFromCoordinator, named, openLine, owner, wait } from "./world.ts";

beforeAll(applyRegistry);
afterEach(() => {
  vi.useRealTimers();
});

const alarmOf = (object: ReturnType<typeof owner>) =>
  runInDurableObject(object.stub, (_object, { storage }) => storage.getAlarm());

describe("expiry by alarm", () => {
  test("an idle session ends without anybody asking, its streams with it", async () => {
    const object = owner("seg_expiry/weur/0");
    const created = await object.rpc.create(named("idle"));
    expect(await alarmOf(object)).toBe(created.ok && created.session.createdAt + 60_000);
    const line = await openLine(object, "ses_idle", { epoch: await coordinator.epoch() });
    wait(60_000);
    expect(await runDurableObjectAlarm(object.stub)).toBe(true);
    expect(await line.next()).toMatchObject({ type: "end", reason: "idle_timeout", closeCode: 4401 });
    expect(await object.rpc.verify("hash-idle", "app_1", true)).toMatchObject({ reason: "idle_timeout" });
  });

  test("a session that is used all the time ends with its absolute lifetime", async () => {
    const object = owner("seg_expiry/weur/1");
    await object.rpc.create(named("absolute"));
    for (let minute = 0; minute < 10; minute++) {
      wait(59_000);
      expect(await object.rpc.verify("hash-absolute", "app_1", true)).toMatchObject({ ok: true });
      await runDurableObjectAlarm(object.stub);
    }
    const line = await openLine(object, "ses_absolute", { epoch: await coordinator.epoch() });
    wait(10_000);
    expect(await runDurableObjectAlarm(object.stub)).toBe(true);
    expect(await line.next()).toMatchObject({ type: "end", reason: "absolute_timeout" });
  });

  test("a session that was seen since its row was written survives the alarm", async () => {
    const object = owner("seg_expiry/weur/2");
    await object.rpc.create(named("seen"));
    wait(14_000);
    await object.rpc.verify("hash-seen", "app_1", true);
    wait(50_000);
    await runDurableObjectAlarm(object.stub);
    expect(await object.rpc.verify("hash-seen", "app_1", false)).toMatchObject({ ok: true });
    expect(await alarmOf(object)).toBeGreaterThan(Date.now());
    wait(15_000);
    await runDurableObjectAlarm(object.stub);
    expect(await object.rpc.verify("hash-seen", "app_1", false)).toMatchObject({ reason: "idle_timeout" });
  });
});

describe("eviction", () => {
  test("keeps live and ended sessions and pushed principals", async () => {
    const object = owner("seg_expiry/weur/3");
    const person = principal({ userId: "usr_evicted", version: 1 });
    await object.rpc.create(named("kept", { principal: person }));
    await object.rpc.create(named("over", { principal: person }));
    await object.rpc.end({ by: "session", id: "ses_over" }, "killed_by_admin");
    await coordinator.tell([{ ...person, name: "New", version: 2 }]);
    await evictDurableObject(object.stub);
    const verdict = await object.rpc.verify("hash-kept", "app_1", true);
    expect(verdict).toMatchObject({ ok: true, session: { principal: { name: "New", version: 2 } } });
    expect(await object.rpc.verify("hash-over", "app_1", true)).toMatchObject({ reason: "killed_by_admin" });
    expect(await object.rpc.create(named("later", { principal: person }))).toMatchObject({
      session: { principal: { name: "New" } },
    });
  });

  test("an object whose alarm was lost sets it again", async () => {
    const object = owner("seg_expiry/weur/4");
    await object.rpc.create(named("silent"));
    await runInDurableObject(object.stub, (_object, { storage }) => storage.deleteAlarm());
    await evictDurableObject(object.stub);
    expect(await alarmOf(object)).not.toBeNull();
  });

  test("an alarm whose work fails does not throw and rings again", async () => {
    const object = owner("seg_expiry/weur/5");
    await object.rpc.create(named("failing"));
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await runInDurableObject(object.stub, (_object, { storage }) => {
      storage.sql.exec("ALTER TABLE tombstones RENAME TO tombstones_away");
    });
    expect(await runDurableObjectAlarm(object.stub)).toBe(true);
    expect(error).toHaveBeenCalledOnce();
    error.mockRestore();
    expect(await alarmOf(object)).toBeGreaterThan(Date.now());
  });
});

describe("without the coordinator", () => {
  test("an object answers for 30 s of what it knows, then `stale`, and is well when it is back", async () => {
    const object = owner("seg_expiry/weur/6");
    const lifetime = { idleSeconds: 3_600, absoluteSeconds: 3_600 };
    await object.rpc.create(named("alone", { lifetime }));
    await cutOffFromCoordinator(object.stub);
    wait(29_000);
    expect(await object.rpc.verify("hash-alone", "app_1", true)).toMatchObject({ ok: true });
    wait(2_000);
    expect(await object.rpc.verify("hash-alone", "app_1", true)).toMatchObject({
      ok: false,
      reason: "stale",
    });
    expect(await object.rpc.create(named("more"))).toEqual({ ok: false, reason: "stale" });
    // Ending needs nobody's leave.
    expect(await object.rpc.end({ by: "session", id: "ses_none" }, "signed_out")).toEqual({ ended: [] });
    await evictDurableObject(object.stub);
    expect(await object.rpc.verify("hash-alone", "app_1", true)).toMatchObject({ ok: true });
  });

  test("an object that never heard from the coordinator vouches for nothing", async () => {
    const object = owner("not-an-owner");
    // A denial vouches for nothing.
    expect(await object.rpc.verify("hash-none", "app_1", true)).toMatchObject({
      ok: false,
      reason: "unknown",
    });
    expect(await object.rpc.create(named("none"))).toEqual({ ok: false, reason: "stale" });
    expect((await openLine(object, "ses_none")).status).toBe(503);
  });
});

describe("G15: a sign-in session lives while an app is used that was opened through it", () => {
  async function signedIn(name: string) {
    const [auth, app] = [owner(`signin/weur/${name.length}`), owner(`seg_${name}/weur/0`)];
    const signIn = named(`signin_of_${name}`, { kind: "sign_in", appId: null });
    await auth.rpc.create(signIn);
    const parent = { parentId: signIn.id, parentOwner: auth.name };
    const lifetime = { idleSeconds: 3_600, absoluteSeconds: 36_000 };
    await app.rpc.create(named(name, { ...parent, lifetime }));
    const found = async () => (await auth.rpc.list({ by: "session", id: signIn.id }))[0];
    return {
      app,
      use: () => app.rpc.verify(`hash-${name}`, "app_1", true),
      isLive: async () => (await found()) !== undefined,
      /** Until the sign-in session has heard of the use at this moment. */
      heard: () => expect.poll(async () => (await found())?.lastSeenAt).toBe(Date.now()),
    };
  }

  test("by requests", async () => {
    const { use, heard, isLive } = await signedIn("used");
    for (let i = 0; i < 8; i++) {
      wait(20_000);
      expect(await use()).toMatchObject({ ok: true });
      await heard();
    }
    wait(59_999);
    expect(await isLive()).toBe(true);
    wait(1);
    expect(await isLive()).toBe(false);
  });

  test("by an open stream", async () => {
    const { app, heard } = await signedIn("streaming");
    const line = await openLine(app, "ses_streaming", { epoch: await coordinator.epoch() });
    for (let i = 0; i < 4; i++) {
      wait(20_000);
      line.send("touch");
      await heard();
    }
  });

  test("but not by questions that are no use, nor beyond its absolute lifetime", async () => {
    const asked = await signedIn("asked");
    for (let i = 0; i < 3; i++) {
      wait(20_000);
      await asked.app.rpc.verify("hash-asked", "app_1", false);
    }
    expect(await asked.isLive()).toBe(false);
    const long = await signedIn("lasting");
    for (let i = 0; i < 30; i++) {
      expect(await long.isLive()).toBe(true);
      wait(20_000);
      await long.use();
    }
    expect(await long.isLive()).toBe(false);
  });
});
