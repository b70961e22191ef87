import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { applyRegistry } from "../registry.ts";
import { coordinator, coordinatorStub, hideFromCoordinator, named, owner, wait } from "./world.ts";

beforeAll(applyRegistry);
afterEach(() => {
  vi.useRealTimers();
});

test("an end that is delivered late also ends what was created since, and then nothing more", async () => {
  const object = owner("seg_late/weur/0");
  const person = principal({ userId: "usr_late" });
  await object.rpc.create(named("before", { principal: person }));
  const show = await hideFromCoordinator(object.name);
  const filter = { by: "user", id: person.userId } as const;
  const { pending } = await coordinator.endEverywhere([object.name], filter, "signed_out");
  expect(pending).toEqual([object.name]);
  await object.rpc.create(named("between", { principal: person }));
  // Ordered again for another reason: it is this one that arrives.
  await coordinator.endEverywhere([object.name], filter, "killed_by_admin");
  await show();
  wait(3_000);
  await runDurableObjectAlarm(coordinatorStub);
  for (const secret of ["hash-before", "hash-between"]) {
    expect(await object.rpc.verify(secret, "app_1", false)).toMatchObject({ reason: "killed_by_admin" });
  }
  await object.rpc.create(named("after", { principal: person }));
  wait(50_000);
  await runDurableObjectAlarm(coordinatorStub);
  expect((await object.rpc.list(filter)).map(({ id }) => id)).toEqual(["ses_after"]);
});
