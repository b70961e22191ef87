import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { CoordinatorStore } from "../../../durable-objects/coordinator/store.ts";
import type { News } from "../../../shared/access/sessions/coordinator.ts";
import { newId } from "../../../shared/base/ids.ts";
import { objectOf } from "../../../shared/base/objects.ts";
import type { ObjectBindings } from "../../../shared/bindings.ts";
import { device, principal } from "../../unit/access/sessions/fixtures.ts";
import { coordinator, coordinatorStub, hideFromCoordinator, named, owner, wait } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Runs `work`, and says which session objects were told of what meanwhile. */
async function toldDuring(work: () => Promise<unknown>): Promise<{ name: string; news: News }[]> {
  const told: { name: string; news: News }[] = [];
  const change = (to: (real: Pick<ObjectBindings, "SEGMENT_SESSIONS">) => object) =>
    runInDurableObject(coordinatorStub, (object) => {
      const held = object as unknown as { env: Pick<ObjectBindings, "SEGMENT_SESSIONS"> };
      const before = held.env;
      Object.assign(held, { env: to(before) });
      return before;
    });
  const real = await change(({ SEGMENT_SESSIONS: namespace }) => ({
    SEGMENT_SESSIONS: {
      idFromName: (name: string) => name,
      get: (name: string) => {
        const rpc = objectOf(namespace, name);
        const refresh = (news: News) => {
          told.push({ name, news });
          return rpc.refresh(news);
        };
        return { refresh };
      },
    },
  }));
  await work();
  await change(() => real);
  return told;
}

const newNode = () => newId("node", Date.now(), (length) => crypto.getRandomValues(new Uint8Array(length)));
const namesOf = (told: readonly { name: string }[]) => told.map(({ name }) => name).sort();

test("a changed user is told to the objects that have the user's sessions, a policy to all", async () => {
  const [one, two, other] = [owner("seg_news/weur/0"), owner("seg_news/apac/0"), owner("seg_news/weur/1")];
  const person = principal({ userId: "usr_news" });
  for (const object of [one, two]) await object.rpc.create(named(object.name, { principal: person }));
  const stranger = principal({ userId: "usr_stranger" });
  await other.rpc.create(named(other.name, { principal: stranger }));

  const epoch = await coordinator.epoch();
  const changed = { ...person, name: "Changed", version: 2 };
  const told = await toldDuring(() => coordinator.tell([changed]));
  expect(namesOf(told)).toEqual([two.name, one.name].sort());
  for (const { news } of told) expect(news).toMatchObject({ epoch, principals: [changed] });
  expect(await coordinator.epoch()).toBe(epoch);
  for (const object of [one, two]) {
    expect(await object.rpc.verify(`hash-${object.name}`, "app_1", false)).toMatchObject({
      epoch,
      session: { principal: { name: "Changed" } },
    });
  }

  const published = namesOf(await toldDuring(() => coordinator.publish()));
  for (const object of [one, two, other]) {
    expect(published).toContain(object.name);
    const verdict = await object.rpc.verify(`hash-${object.name}`, "app_1", false);
    expect(verdict).toMatchObject({ ok: true, epoch: epoch + 1 });
  }
});

test("a changed device is told to the objects with sessions that rest on it, and to no others", async () => {
  const [one, other] = [owner("seg_devices/weur/0"), owner("seg_devices/weur/1")];
  const laptop = device({ id: newNode() });
  const proven = { device: laptop, provenAt: 7, sameAddress: false };
  await one.rpc.create(named("on-laptop"));
  await other.rpc.create(named("elsewhere"));
  expect(await one.rpc.bindDevice("ses_on-laptop", proven)).toBe(true);
  const changed = { ...laptop, isApproved: false, version: 2 };
  const told = await toldDuring(() => coordinator.tellDevices([changed]));
  expect(namesOf(told)).toEqual([one.name]);
  const [session] = await one.rpc.list({ by: "session", id: "ses_on-laptop" });
  expect(session?.device).toEqual({ ...proven, device: changed });

  // A session that is made from what its caller read before the change.
  await one.rpc.create(named("late", { device: proven }));
  const [late] = await one.rpc.list({ by: "session", id: "ses_late" });
  expect(late?.device?.device).toEqual(changed);
});

test("a device that no session rests on any more is unheard of, and no ended session is bound", async () => {
  const object = owner("seg_devices/weur/2");
  const laptop = device({ id: newNode() });
  const proven = { device: laptop, provenAt: 7, sameAddress: false };
  await object.rpc.create(named("gone"));
  await object.rpc.bindDevice("ses_gone", proven);
  await object.rpc.end({ by: "session", id: "ses_gone" }, "signed_out");
  const tell = (version: number) => coordinator.tellDevices([{ ...laptop, version }]);
  expect(await tell(2)).toMatchObject({ unheard: [laptop.id] });
  expect(await object.rpc.bindDevice("ses_gone", proven)).toBe(false);
  expect(await owner("seg_devices/weur/3").rpc.bindDevice("ses_gone", proven)).toBe(false);
});

test("an object without sessions of a user is told of one more change of the user, then of none", async () => {
  const object = owner("seg_news/weur/2");
  const person = principal({ userId: "usr_left" });
  await object.rpc.create(named("left", { principal: person }));
  await object.rpc.create(named("stays", { principal: principal({ userId: "usr_stays" }) }));
  await object.rpc.end({ by: "session", id: "ses_left" }, "signed_out");
  const change = (version: number) => toldDuring(() => coordinator.tell([{ ...person, version }]));
  expect(namesOf(await change(2))).toEqual([object.name]);
  expect(namesOf(await change(3))).toEqual([]);
  // The next session has what changed meanwhile, and every change after it.
  expect(await object.rpc.create(named("again", { principal: person }))).toMatchObject({
    session: { principal: { version: 3 } },
  });
  expect(namesOf(await change(4))).toEqual([object.name]);
});

test("a user who changes while the first session is being made is told to it, whenever that is", async () => {
  const object = owner("seg_news/weur/3");
  const person = principal({ userId: "usr_meanwhile" });
  const created = object.rpc.create(named("meanwhile", { principal: person }));
  await Promise.all([created, coordinator.tell([{ ...person, name: "Changed", version: 2 }])]);
  expect(await object.rpc.verify("hash-meanwhile", "app_1", false)).toMatchObject({
    session: { principal: { name: "Changed" } },
  });
});

test.each(["by the alarm", "by asking"])(
  "an object that was away learns both kinds of news: %s",
  async (how) => {
    const object = owner(how === "by asking" ? "seg_news/weur/4" : "seg_news/weur/5");
    const person = principal({ userId: `usr_${object.name}` });
    await object.rpc.create(named(object.name, { principal: person }));
    const show = await hideFromCoordinator(object.name);
    expect((await coordinator.tell([{ ...person, name: "Changed", version: 2 }])).pending).toEqual([
      object.name,
    ]);
    const { epoch, pending } = await coordinator.publish();
    expect(pending).toEqual([object.name]);
    if (how === "by the alarm") {
      await show();
      wait(3_000);
      await runDurableObjectAlarm(coordinatorStub);
    } else wait(10_001);
    expect(await object.rpc.verify(`hash-${object.name}`, "app_1", false)).toMatchObject({
      epoch,
      session: { principal: { name: "Changed" } },
    });
    await show();
  },
);

test("what an older release knew of session objects stands: they hear of every user until they are idle", async () => {
  const stub = env.NETWORK_COORDINATOR.get(env.NETWORK_COORDINATOR.idFromName("older"));
  await runInDurableObject(stub, (_object, { storage: { sql } }) => {
    // Its own tables go, those of the older release come.
    for (const table of [
      "owners",
      "changed_subjects",
      "subscriptions",
      "assertion_keys",
      "outbox",
      "mesh_outbox",
      "mesh_segments",
      "meta",
    ]) {
      sql.exec(`DROP TABLE ${table}`);
    }
    sql.exec(`DELETE FROM _migrations;
      CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
      CREATE TABLE outbox (key TEXT PRIMARY KEY) STRICT;
      CREATE TABLE owners (name TEXT PRIMARY KEY, synced_epoch INTEGER NOT NULL) STRICT;
      CREATE TABLE changed_principals (
        user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, changed_at INTEGER NOT NULL, document TEXT NOT NULL
      ) STRICT;
      CREATE INDEX changed_principals_epoch ON changed_principals (epoch);
      CREATE TABLE assertion_keys (kid TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
      INSERT INTO _migrations (step) VALUES (0), (1), (2);
      INSERT INTO meta VALUES ('epoch', 6);
      INSERT INTO owners VALUES ('seg_old/weur/0', 6), ('seg_old/weur/1', 7)`);
    const [told, untold] = [principal({ userId: "usr_told" }), principal({ userId: "usr_untold" })];
    const insert = "INSERT INTO changed_principals VALUES (?, ?, 0, ?)";
    sql.exec(insert, told.userId, 6, JSON.stringify(told));
    sql.exec(insert, untold.userId, 7, JSON.stringify(untold));

    const store = new CoordinatorStore(sql);
    expect([store.epoch, store.sequence]).toEqual([7, 7]);
    const changed = principal({ userId: "usr_changed" });
    const subject = { id: changed.userId, document: changed };
    expect(store.change([subject], Number.MAX_SAFE_INTEGER).sort()).toEqual(store.owners().sort());
    const question = store.question("seg_old/weur/0");
    expect(question.news).toMatchObject({ epoch: 7, sequence: 8, principals: [untold, changed] });
    store.answered("seg_old/weur/0", question, { absent: ["usr_changed"], isIdle: false });
    store.answered("seg_old/weur/1", store.question("seg_old/weur/1"), { absent: [], isIdle: true });
    expect(store.change([subject], 0)).toEqual(["seg_old/weur/0"]);
  });
});
