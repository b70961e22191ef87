import { afterEach, expect, test, vi } from "vitest";
import type { Seen } from "../../../shared/access/risk/whereabouts.ts";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { coordinator, named, openLine, owner, wait } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
});

const HOME: Seen = { country: "NL", asn: 64_500, agent: "Browser" };
const ELSEWHERE: Seen = { country: "US", asn: 64_501, agent: "Browser" };

test("a request from elsewhere raises the risk of its session alone, and its streams are judged anew", async () => {
  const object = owner("seg_risk/weur/1");
  await object.rpc.create(named("here"));
  await object.rpc.create(named("other"));
  const verify = (name: string, seen: Seen) => object.rpc.verify(`hash-${name}`, "app_1", true, seen);
  await verify("here", HOME);
  await verify("other", HOME);
  const epoch = await coordinator.epoch();
  const risk = "&risk=1";
  const [line, otherLine] = [
    await openLine(object, `ses_here${risk}`, { epoch }),
    await openLine(object, `ses_other${risk}`, { epoch }),
  ];
  expect([line.heard, otherLine.heard]).toEqual([[], []]);
  wait(30_000);
  const verdict = await verify("here", ELSEWHERE);
  const kinds = verdict.ok && verdict.session.risk?.signals.map(({ kind }) => kind);
  expect(kinds).toEqual(["new_country", "new_network"]);
  expect(await line.next()).toMatchObject({ type: "recheck", session: { risk: { version: 2 } } });
  expect(otherLine.heard).toEqual([]);
  const other = await verify("other", HOME);
  expect(other.ok && other.session.risk?.signals).toEqual([]);
});

test("what one secret shows is nothing to another: a made-up one raises nobody's risk", async () => {
  const object = owner("seg_risk/weur/2");
  await object.rpc.create(named("victim"));
  await object.rpc.verify("hash-victim", "app_1", true, HOME);
  wait(30_000);
  expect((await object.rpc.verify("hash-made-up", "app_1", true, ELSEWHERE)).ok).toBe(false);
  expect((await object.rpc.verify("hash-victim", "app_2", true, ELSEWHERE)).ok).toBe(false);
  const verdict = await object.rpc.verify("hash-victim", "app_1", true, HOME);
  expect(verdict.ok && verdict.session.risk?.signals).toEqual([]);
});

test("risk of a person comes with the person, by a subject version and no policy epoch", async () => {
  const object = owner("seg_risk/weur/3");
  const before = principal({ userId: "usr_risky" });
  await object.rpc.create(named("risky", { principal: before }));
  const epoch = await coordinator.epoch();
  const line = await openLine(object, "ses_risky", { epoch });
  const signal = { source: "administrator", kind: "set_by_hand", score: 80, at: 1, halfLifeSeconds: 60 };
  await coordinator.tell([{ ...before, version: 2, risk: [signal] }]);
  expect(await line.next()).toMatchObject({
    type: "recheck",
    epoch,
    session: { principal: { risk: [signal] } },
  });
  expect(await coordinator.epoch()).toBe(epoch);
  await coordinator.tell([{ ...before, version: 1, risk: [] }]);
  const verdict = await object.rpc.verify("hash-risky", "app_1", true, HOME);
  expect(verdict.ok && verdict.session.principal.risk).toEqual([signal]);
});

test("a line that was opened on an older risk is told at once: no change falls between a verdict and its line", async () => {
  const object = owner("seg_risk/weur/4");
  await object.rpc.create(named("raced"));
  await object.rpc.verify("hash-raced", "app_1", true, HOME);
  wait(30_000);
  await object.rpc.verify("hash-raced", "app_1", true, ELSEWHERE);
  const line = await openLine(object, "ses_raced&risk=1", { epoch: await coordinator.epoch() });
  expect(await line.next()).toMatchObject({ type: "recheck", session: { risk: { version: 2 } } });
});

test("says how long the session was not used, whatever this request does to it", async () => {
  const object = owner("seg_risk/weur/5");
  await object.rpc.create(named("idle"));
  wait(20_000);
  const first = await object.rpc.verify("hash-idle", "app_1", true, HOME);
  const second = await object.rpc.verify("hash-idle", "app_1", true, HOME);
  expect([first.ok && (first.unusedMs ?? 0) >= 20_000, second.ok && second.unusedMs]).toEqual([true, 0]);
});
