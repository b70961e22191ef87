import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { coordinator, cutOffFromCoordinator, named, openLine, owner, wait } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
});

const AT = expect.any(Number);

test("a line hears the end before `end` returns, and no other line does", async () => {
  const object = owner("seg_lines/weur/0");
  await object.rpc.create(named("cut"));
  await object.rpc.create(named("stays"));
  const epoch = await coordinator.epoch();
  const cut = await openLine(object, "ses_cut", { epoch });
  const stays = await openLine(object, "ses_stays", { epoch });
  expect([cut.status, cut.heard]).toEqual([101, []]);
  await object.rpc.end({ by: "session", id: "ses_cut" }, "killed_by_admin");
  expect(cut.heard[0]).toEqual({ type: "end", reason: "killed_by_admin", closeCode: 4401, at: AT });
  await cut.next();
  expect(await cut.next()).toBe(4401);
  expect(stays.heard).toEqual([]);
});

test("every line is told to decide anew when the policy epoch rises", async () => {
  const object = owner("seg_lines/weur/1");
  await object.rpc.create(named("all_1", { principal: principal({ userId: "usr_all_1" }) }));
  await object.rpc.create(named("all_2", { principal: principal({ userId: "usr_all_2" }) }));
  const before = { epoch: await coordinator.epoch() };
  const lines = [await openLine(object, "ses_all_1", before), await openLine(object, "ses_all_2", before)];
  const { epoch } = await coordinator.publish();
  expect(epoch).toBe(before.epoch + 1);
  for (const line of lines) expect(await line.next()).toMatchObject({ type: "recheck", epoch });
});

test("only the lines of a user who changed are told to decide anew, with the session as it is then", async () => {
  const object = owner("seg_lines/weur/8");
  const before = principal({ userId: "usr_lines", version: 1 });
  await object.rpc.create(named("recheck", { principal: before }));
  await object.rpc.create(named("other", { principal: principal({ userId: "usr_other" }) }));
  const epoch = await coordinator.epoch();
  const line = await openLine(object, "ses_recheck", { epoch });
  const other = await openLine(object, "ses_other", { epoch });
  await coordinator.tell([{ ...before, groups: [], version: 2 }]);
  expect(await line.next()).toMatchObject({
    type: "recheck",
    epoch,
    session: { id: "ses_recheck", principal: { groups: [], version: 2 } },
  });
  await coordinator.tell([{ ...before, status: "disabled", version: 3 }]);
  const end = { type: "end", reason: "user_disabled", closeCode: 4403, at: AT };
  expect([await line.next(), await line.next()]).toEqual([end, 4403]);
  other.send("ping");
  expect(await other.next()).toBe("pong");
});

test("a line opened with an old epoch, an old principal, or neither, starts with a recheck", async () => {
  const object = owner("seg_lines/weur/2");
  const person = principal({ userId: "usr_old", version: 2 });
  await object.rpc.create(named("old", { principal: person }));
  const { epoch } = await coordinator.publish();
  for (const decided of [{ epoch: epoch - 1, version: 2 }, { epoch, version: 1 }, undefined]) {
    const line = await openLine(object, "ses_old", decided);
    expect(await line.next()).toMatchObject({ type: "recheck", epoch, session: { id: "ses_old" } });
  }
  const current = await openLine(object, "ses_old", { epoch, version: 2 });
  current.send("ping");
  expect(await current.next()).toBe("pong");
});

test("an ended session's line ends at once; an unknown one is 404; without an upgrade it is 426", async () => {
  const object = owner("seg_lines/weur/3");
  await object.rpc.create(named("gone"));
  await object.rpc.end({ by: "session", id: "ses_gone" }, "signed_out");
  const line = await openLine(object, "ses_gone");
  const end = { type: "end", reason: "signed_out", closeCode: 4401, at: AT };
  expect([await line.next(), await line.next()]).toEqual([end, 4401]);
  expect((await openLine(object, "ses_nobody")).status).toBe(404);
  expect((await object.rpc.fetch("https://sessions/kill-line?session=ses_gone")).status).toBe(426);
});

test("lines outlive the object's eviction, and pings are answered", async () => {
  const object = owner("seg_lines/weur/4");
  await object.rpc.create(named("evicted"));
  const line = await openLine(object, "ses_evicted", { epoch: await coordinator.epoch() });
  await evictDurableObject(object.stub);
  line.send("ping");
  expect(await line.next()).toBe("pong");
  await object.rpc.end({ by: "session", id: "ses_evicted" }, "signed_out");
  expect(await line.next()).toMatchObject({ type: "end", reason: "signed_out" });
});

test("a touch over the line keeps the session from idling out", async () => {
  const object = owner("seg_lines/weur/5");
  await object.rpc.create(named("touched"));
  const line = await openLine(object, "ses_touched", { epoch: await coordinator.epoch() });
  const seenAt = async () => (await object.rpc.list({ by: "session", id: "ses_touched" }))[0]?.lastSeenAt;
  const before = await seenAt();
  wait(50_000);
  line.send("touch");
  while ((await seenAt()) === before);
  wait(50_000);
  expect(await object.rpc.verify("hash-touched", "app_1", false)).toMatchObject({ ok: true });
  wait(15_000);
  expect(await object.rpc.verify("hash-touched", "app_1", false)).toMatchObject({ reason: "idle_timeout" });
});

test("every line is closed once the coordinator was out of reach for the bound", async () => {
  const object = owner("seg_lines/weur/6");
  const lifetime = { idleSeconds: 3_600, absoluteSeconds: 3_600 };
  await object.rpc.create(named("unvouched", { lifetime }));
  const line = await openLine(object, "ses_unvouched", { epoch: await coordinator.epoch() });
  await cutOffFromCoordinator(object.stub);
  wait(29_000);
  expect(await runDurableObjectAlarm(object.stub)).toBe(true);
  expect(line.heard).toEqual([]);
  wait(2_000);
  expect(await runDurableObjectAlarm(object.stub)).toBe(true);
  expect(await line.next()).toBe(1013);
  expect((await openLine(object, "ses_unvouched")).status).toBe(503);
  // Its session lives on for when the coordinator is back.
  await evictDurableObject(object.stub);
  expect(await object.rpc.verify("hash-unvouched", "app_1", true)).toMatchObject({ ok: true });
});

test("lines stay open while the coordinator answers", async () => {
  const object = owner("seg_lines/weur/7");
  const lifetime = { idleSeconds: 3_600, absoluteSeconds: 3_600 };
  await object.rpc.create(named("vouched", { lifetime }));
  const line = await openLine(object, "ses_vouched", { epoch: await coordinator.epoch() });
  for (let n = 0; n < 5; n++) {
    wait(15_000);
    expect(await runDurableObjectAlarm(object.stub)).toBe(true);
  }
  line.send("ping");
  expect(await line.next()).toBe("pong");
});
