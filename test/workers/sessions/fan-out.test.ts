import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { indexEnded, indexSession } from "../../../workers/session/session-index.ts";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { applyRegistry } from "../registry.ts";
import {
  coordinator,
  coordinatorStub,
  hideFromCoordinator,
  named,
  openLine,
  owner,
  replaceCoordinator,
  wait,
} from "./world.ts";

beforeAll(applyRegistry);
afterEach(() => {
  vi.useRealTimers();
});

test("a change that can't reach one object stays pending, and the alarm delivers it", async () => {
  const [near, far] = [owner("seg_fan/weur/0"), owner("seg_fan/enam/0")];
  const person = principal({ userId: "usr_pending", version: 1 });
  await near.rpc.create(named("near", { principal: person }));
  await far.rpc.create(named("far", { principal: person }));
  const line = await openLine(far, "ses_far", { epoch: await coordinator.epoch() });
  const show = await hideFromCoordinator(far.name);
  const { pending } = await coordinator.tell([{ ...person, name: "Changed", version: 2 }]);
  expect(pending).toEqual([far.name]);
  expect(await near.rpc.verify("hash-near", "app_1", false)).toMatchObject({
    session: { principal: { name: "Changed" } },
  });
  expect(line.heard).toEqual([]);

  wait(3_000);
  await runDurableObjectAlarm(coordinatorStub); // still away
  await show();
  wait(10_000);
  expect(await runDurableObjectAlarm(coordinatorStub)).toBe(true);
  expect(await line.next()).toMatchObject({ session: { principal: { name: "Changed", version: 2 } } });
  await runInDurableObject(coordinatorStub, (_object, { storage }) => {
    expect(storage.sql.exec("SELECT key FROM outbox").toArray()).toEqual([]);
  });
});

test("a change that never arrived is learnt by asking", async () => {
  const object = owner("seg_fan/weur/1");
  const person = principal({ userId: "usr_asking", version: 1 });
  await object.rpc.create(named("asking", { principal: person }));
  const show = await hideFromCoordinator(object.name);
  await coordinator.tell([{ ...person, status: "disabled", version: 2 }]);
  const { epoch } = await coordinator.publish();
  wait(10_001);
  expect(await object.rpc.verify("hash-asking", "app_1", false)).toMatchObject({
    ok: false,
    reason: "user_disabled",
    epoch,
  });
  await show();
});

test("ending everywhere reaches every owner, those that do not answer later", async () => {
  const [one, two, away] = [owner("seg_fan/weur/2"), owner("seg_fan/apac/2"), owner("seg_fan/sam/2")];
  for (const object of [one, two, away]) {
    await object.rpc.create(named(object.name, { appId: "app_deleted" }));
    await object.rpc.create(named(`${object.name}_other`));
  }
  const show = await hideFromCoordinator(away.name);
  const done = await coordinator.endEverywhere(null, { by: "app", id: "app_deleted" }, "app_deleted");
  expect(done.ended.sort()).toEqual([`ses_${two.name}`, `ses_${one.name}`]);
  expect(done.pending).toEqual([away.name]);
  await show();
  await evictDurableObject(coordinatorStub);
  wait(3_000);
  await runDurableObjectAlarm(coordinatorStub);
  expect(await away.rpc.verify(`hash-${away.name}`, "app_deleted", false)).toMatchObject({
    reason: "app_deleted",
  });
  const other = await away.rpc.verify(`hash-${away.name}_other`, "app_1", false);
  expect(other).toMatchObject({ ok: true });
});

test("the end of a sign-in session ends its app sessions in other objects", async () => {
  const [above, below] = [owner("signin/weur/3"), owner("seg_fan/weur/3")];
  await above.rpc.create(named("parent", { kind: "sign_in", appId: null }));
  await below.rpc.create(named("child", { parentId: "ses_parent", parentOwner: above.name }));
  await below.rpc.create(named("stranger"));
  const line = await openLine(below, "ses_child", { epoch: await coordinator.epoch() });
  await above.rpc.end({ by: "session", id: "ses_parent" }, "signed_out");
  expect(await line.next()).toMatchObject({ type: "end", reason: "parent_ended" });
  expect(await below.rpc.verify("hash-stranger", "app_1", false)).toMatchObject({ ok: true });
});

test("children of a sign-in session are ended by alarm where the first attempt failed", async () => {
  const [above, below] = [owner("signin/weur/4"), owner("seg_fan/weur/4")];
  await above.rpc.create(named("parent_2", { kind: "sign_in", appId: null }));
  await below.rpc.create(named("child_2", { parentId: "ses_parent_2", parentOwner: above.name }));
  const show = await hideFromCoordinator(below.name);
  await above.rpc.end({ by: "session", id: "ses_parent_2" }, "signed_out");
  // The coordinator takes the notice over, so the object that wrote it may forget it.
  await vi.waitFor(async () => {
    const waiting = await runInDurableObject(coordinatorStub, (_object, { storage }) =>
      storage.sql.exec("SELECT key FROM outbox WHERE attempts > 0").toArray(),
    );
    expect(waiting).toHaveLength(1);
  });
  await show();
  wait(3_000);
  await runDurableObjectAlarm(coordinatorStub);
  expect(await below.rpc.verify("hash-child_2", "app_1", false)).toMatchObject({ reason: "parent_ended" });
});

test("the index learns of an end, also where its row comes later than the end", async () => {
  const object = owner("seg_fan/weur/5");
  const person = principal({ userId: "usr_indexed" });
  await env.DB.prepare("INSERT INTO users (id, email, created_at, updated_at) VALUES (?, ?, 1, 1)")
    .bind(person.userId, person.email)
    .run();
  const ended = () =>
    env.DB.prepare("SELECT end_reason FROM sessions_index WHERE id = 'ses_indexed' AND ended_at > 0").first(
      "end_reason",
    );
  const waiting = () =>
    runInDurableObject(object.stub, (_object, { storage }) =>
      storage.sql.exec<{ attempts: number }>("SELECT attempts FROM outbox").toArray(),
    );
  const created = await object.rpc.create(named("indexed", { principal: person }));
  await object.rpc.end({ by: "session", id: "ses_indexed" }, "killed_by_admin");
  await vi.waitFor(async () => expect(await waiting()).toEqual([{ attempts: 1 }]));
  await evictDurableObject(object.stub);
  expect(await waiting()).toEqual([{ attempts: 1 }]);
  if (created.ok) await indexSession(env.DB, created.session, object.name);
  wait(3_000);
  expect(await runDurableObjectAlarm(object.stub)).toBe(true);
  expect(await ended()).toBe("killed_by_admin");
  expect(await waiting()).toEqual([]);
});

test("sessions that end together are marked by one batch, and a mark that stands already is no reason to try again", async () => {
  const object = owner("seg_fan/weur/7");
  const names = Array.from({ length: 40 }, (_, n) => `together_${n}`);
  const person = principal({ userId: "usr_together", email: "together@example.com" });
  await env.DB.prepare("INSERT INTO users (id, email, created_at, updated_at) VALUES (?, ?, 1, 1)")
    .bind(person.userId, person.email)
    .run();
  for (const name of names) {
    const created = await object.rpc.create(named(name, { principal: person, maxPerUser: 40 }));
    if (created.ok) await indexSession(env.DB, created.session, object.name);
  }
  await indexEnded(env.DB, ["ses_together_0"], "signed_out");
  let batches = 0;
  await runInDurableObject(object.stub, (held) => {
    const counting = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: (statements: D1PreparedStatement[]) => {
        batches++;
        return env.DB.batch(statements);
      },
    };
    Object.assign(held, { env: { ...env, DB: counting } });
  });
  await object.rpc.end({ by: "user", id: person.userId }, "killed_by_admin");
  await vi.waitFor(async () => {
    const left = await runInDurableObject(object.stub, (_object, { storage }) =>
      storage.sql.exec("SELECT key, attempts FROM outbox").toArray(),
    );
    expect(left).toEqual([]);
  });
  expect(batches).toBe(1);
  const { results } = await env.DB.prepare(
    "SELECT end_reason AS reason, count(*) AS n FROM sessions_index WHERE user_id = ? AND ended_at > 0 GROUP BY 1 ORDER BY 1",
  )
    .bind(person.userId)
    .all();
  expect(results).toEqual([
    { reason: "killed_by_admin", n: 39 },
    { reason: "signed_out", n: 1 },
  ]);
});

test("a notice that hangs holds up no other one", async () => {
  const object = owner("signin/weur/6");
  for (const name of ["hang_1", "hang_2"]) await object.rpc.create(named(name, { kind: "sign_in" }));
  await replaceCoordinator(object.stub, { endEverywhere: () => new Promise(() => {}) });
  await object.rpc.end({ by: "user", id: "usr_1" }, "signed_out");
  await vi.waitFor(async () => {
    const rows = await runInDurableObject(object.stub, (_object, { storage }) =>
      storage.sql.exec("SELECT key, attempts FROM outbox ORDER BY key").toArray(),
    );
    expect(rows).toEqual([
      { key: "children:ses_hang_1", attempts: 0 },
      { key: "children:ses_hang_2", attempts: 0 },
      { key: "ended:ses_hang_1", attempts: 1 },
      { key: "ended:ses_hang_2", attempts: 1 },
    ]);
  });
});
