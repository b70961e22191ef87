import { expect, test } from "vitest";
import { principal } from "../../unit/access/sessions/fixtures.ts";
import { coordinator, named, owner } from "./world.ts";

test("a session is created, verified by its secret and app, and ended", async () => {
  const { rpc } = owner("seg_create/weur/0");
  const created = await rpc.create(named("life"));
  expect(created).toMatchObject({ ok: true, ended: [], session: { id: "ses_life" } });
  expect(await rpc.verify("hash-life", "app_1", true)).toMatchObject({
    ok: true,
    session: { id: "ses_life", principal: principal() },
    epoch: await coordinator.epoch(),
  });
  expect(await rpc.verify("hash-life", "app_2", true)).toMatchObject({ ok: false, reason: "unknown" });
  expect(await rpc.verify("hash-other", "app_1", true)).toMatchObject({ ok: false, reason: "unknown" });
  expect(await rpc.list({ by: "user", id: "usr_1" })).toHaveLength(1);
  expect(await rpc.end({ by: "session", id: "ses_life" }, "signed_out")).toEqual({ ended: ["ses_life"] });
  expect(await rpc.end({ by: "session", id: "ses_life" }, "killed_by_admin")).toEqual({ ended: [] });
  expect(await rpc.verify("hash-life", "app_1", true)).toMatchObject({ ok: false, reason: "signed_out" });
  expect(await rpc.list({ by: "user", id: "usr_1" })).toEqual([]);
});

test("the cap is exact under 30 creates at once", async () => {
  const { rpc } = owner("seg_create/weur/1");
  const created = await Promise.all(
    Array.from({ length: 30 }, (_, n) => rpc.create(named(`cap_${n}`, { maxPerUser: 4 }))),
  );
  const ended = created.flatMap((one) => (one.ok ? one.ended : []));
  expect(created.every(({ ok }) => ok)).toBe(true);
  const left = (await rpc.list({ by: "user", id: "usr_1" })).map(({ id }) => id);
  expect(left).toHaveLength(4);
  expect(new Set([...left, ...ended]).size).toBe(30);
});

test("a retried create changes nothing; a taken id or secret is refused as a value", async () => {
  const { rpc } = owner("seg_create/weur/2");
  await rpc.create(named("taken"));
  expect(await rpc.create(named("taken"))).toMatchObject({ ok: true, session: { id: "ses_taken" } });
  const refused = { ok: false, reason: "id_taken" };
  expect(await rpc.create(named("taken", { secretHash: "hash-else" }))).toEqual(refused);
  expect(await rpc.create(named("else", { secretHash: "hash-taken" }))).toEqual(refused);
  await rpc.end({ by: "session", id: "ses_taken" }, "signed_out");
  expect(await rpc.create(named("taken"))).toEqual(refused);
});

test("a user who was disabled gets no session by a create that was prepared before", async () => {
  const before = principal({ userId: "usr_racing", version: 3 });
  const disabled = { ...before, status: "disabled", version: 4 } as const;
  const known = owner("seg_create/weur/3").rpc;
  await known.create(named("racing_1", { principal: before }));
  await coordinator.tell([disabled]);
  expect(await known.verify("hash-racing_1", "app_1", true)).toMatchObject({ reason: "user_disabled" });
  const refused = { ok: false, reason: "user_disabled" };
  expect(await known.create(named("racing_2", { principal: before }))).toEqual(refused);
  // An object that did not exist at the time of the change learns of it before it answers.
  const young = owner("seg_create/weur/4").rpc;
  expect(await young.create(named("racing_3", { principal: before }))).toEqual(refused);
  const enabled = { ...before, version: 5 };
  expect(await young.create(named("racing_4", { principal: enabled }))).toMatchObject({ ok: true });
});

test("an older principal never replaces a newer one", async () => {
  const { rpc } = owner("seg_create/weur/5");
  const person = (version: number) => principal({ userId: "usr_older", version, name: `v${version}` });
  await rpc.create(named("older_1", { principal: person(5) }));
  const nameOf = async (secret: string) => {
    const verdict = await rpc.verify(secret, "app_1", false);
    return verdict.ok ? verdict.session.principal.name : verdict.reason;
  };
  await coordinator.tell([person(7)]);
  expect(await nameOf("hash-older_1")).toBe("v7");
  await coordinator.tell([person(6)]);
  expect(await nameOf("hash-older_1")).toBe("v7");
  await rpc.refresh({ epoch: 1, sequence: 1, principals: [person(6)] });
  expect(await nameOf("hash-older_1")).toBe("v7");
  await rpc.create(named("older_2", { principal: person(6) }));
  expect(await nameOf("hash-older_2")).toBe("v7");
  // The coordinator kept the newer one for those who did not exist then.
  const { principals } = await coordinator.join("seg_create/weur/6", 0, "usr_older");
  expect(new Set(principals.map(({ userId, version }) => `${userId} ${version}`))).toEqual(
    new Set(["usr_older 7"]),
  );
});
