import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { SegmentSessionsRpc } from "../../../shared/access/sessions/types.ts";
import { objectOf } from "../../../shared/base/objects.ts";
import type { ObjectBindings } from "../../../shared/bindings.ts";
import { coordinator, coordinatorStub, named, owner } from "./world.ts";

const owners = () =>
  runInDurableObject(coordinatorStub, (_object, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM owners ORDER BY name")
      .toArray()
      .map(({ name }) => name),
  );

const tables = ({ stub }: ReturnType<typeof owner>) =>
  runInDurableObject(stub, (_object, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
  );

test("S-A3: made-up cookies register nobody and write nothing, whatever is asked", async () => {
  const before = await owners();
  for (let shard = 0; shard < 16; shard++) {
    const object = owner(`signin/weur/${shard}`);
    expect(await object.rpc.verify("hash-made-up", null, true)).toMatchObject({ reason: "unknown" });
    expect(await object.rpc.list({ by: "session", id: "ses_made_up" })).toEqual([]);
    expect(await object.rpc.end({ by: "user", id: "usr_made_up" }, "signed_out")).toEqual({ ended: [] });
    const line = await object.rpc.fetch("https://sessions/?session=ses_made_up", {
      headers: { upgrade: "websocket" },
    });
    expect(line.status).toBe(404);
    expect(await tables(object)).toEqual([]);
    await runInDurableObject(object.stub, async (_object, { storage }) => {
      expect(await storage.getAlarm()).toBeNull();
    });
  }
  expect(await owners()).toEqual(before);
});

test("S-A3: a secret that nobody has is denied without asking the coordinator, also beside sessions", async () => {
  const object = owner("seg_unknown/weur/0");
  await object.rpc.create(named("unknown_1"));
  await object.rpc.end({ by: "session", id: "ses_unknown_1" }, "signed_out");
  await object.rpc.create(named("unknown_2"));
  await evictDurableObject(object.stub);
  await runInDurableObject(object.stub, (instance) => {
    const held = instance as unknown as { env: object };
    const join = () => Promise.reject(new Error("nobody may ask"));
    held.env = { ...held.env, NETWORK_COORDINATOR: { idFromName: () => "network", get: () => ({ join }) } };
  });
  expect(await object.rpc.verify("hash-made-up", "app_1", true)).toMatchObject({ reason: "unknown" });
  expect(await object.rpc.verify("hash-unknown_1", "app_1", true)).toMatchObject({ reason: "signed_out" });
  expect(await object.rpc.verify("hash-unknown_2", "app_1", true)).toMatchObject({ reason: "stale" });
});

test("S-A3: an owner registers with its first session and is dropped by the next change after its last", async () => {
  const object = owner("seg_unknown/weur/1");
  await object.rpc.create(named("dropped"));
  expect(await owners()).toContain(object.name);
  await coordinator.publish();
  expect(await owners()).toContain(object.name);
  await object.rpc.end({ by: "session", id: "ses_dropped" }, "signed_out");
  await coordinator.publish();
  expect(await owners()).not.toContain(object.name);
  const { epoch } = await coordinator.publish();

  // The next session finds the object as current as any other one, although it confirmed itself a moment ago.
  await object.rpc.create(named("returned"));
  expect(await owners()).toContain(object.name);
  expect(await object.rpc.verify("hash-returned", "app_1", false)).toMatchObject({ ok: true, epoch });
});

test("S-A3: junk that an older release registered is dropped by the first change", async () => {
  await coordinator.join("signin/oc/7", 0, "usr_junk");
  expect(await owners()).toContain("signin/oc/7");
  await coordinator.publish();
  expect(await owners()).not.toContain("signin/oc/7");
  expect(await tables(owner("signin/oc/7"))).toEqual([]);
});

test("S-A3: an owner that makes a session while it says that it has none stays registered", async () => {
  const object = owner("seg_unknown/weur/2");
  await object.rpc.create(named("racing"));
  await object.rpc.end({ by: "session", id: "ses_racing" }, "signed_out");
  await runInDurableObject(coordinatorStub, (instance) => {
    const held = instance as unknown as { env: Pick<ObjectBindings, "SEGMENT_SESSIONS"> };
    const { SEGMENT_SESSIONS: real } = held.env;
    const reach = (name: string) => objectOf(real, name);
    const refresh: SegmentSessionsRpc["refresh"] = async (...given) => {
      const heard = await reach(object.name).refresh(...given);
      await reach(object.name).create(named("racing_2"));
      return heard;
    };
    const get = (name: string) => (name === object.name ? { refresh } : reach(name));
    Object.assign(held, { env: { SEGMENT_SESSIONS: { idFromName: (name: string) => name, get } } });
  });
  await coordinator.publish();
  expect(await owners()).toContain(object.name);
});
