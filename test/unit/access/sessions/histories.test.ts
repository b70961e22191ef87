import fc from "fast-check";
import { expect, test } from "vitest";
import { decide, type SessionCommand, verdictOf } from "../../../../shared/access/sessions/decide.ts";
import { applyAll, type SessionsState } from "../../../../shared/access/sessions/state.ts";
import { drawn, SEED } from "../../../support/sample.ts";
import { createSession, device, EMPTY_STATE, principal } from "./fixtures.ts";
import { NaiveSessions } from "./model.ts";

const IDS = ["a", "b", "c", "d", "e", "f"];
const id = fc.constantFrom(...IDS);
const user = fc.constantFrom("usr_1", "usr_2");
const app = fc.constantFrom("app_1", "app_2");

/** Each id always stands for the same secret, app and parent, as a retried create would. */
const appOf = (one: string) => (IDS.indexOf(one) % 2 === 0 ? "app_1" : "app_2");
const kindOf = (one: string) => (one === "f" ? "sign_in" : "app");
const hashOf = (one: string) => `hash-${one}`;

const seen = fc.record({
  country: fc.constantFrom(null, "NL", "US"),
  asn: fc.constantFrom(null, 1, 2),
  agent: fc.constantFrom("a", "b"),
});

const deviceOf = fc
  .record({ id: fc.constantFrom("nod_1", "nod_2"), version: fc.integer({ min: 1, max: 6 }) })
  .map((over) => device(over));

const command: fc.Arbitrary<SessionCommand> = fc.oneof(
  fc
    .record({
      one: id,
      userId: user,
      version: fc.integer({ min: 1, max: 5 }),
      idleSeconds: fc.integer({ min: 1, max: 20 }),
      absoluteSeconds: fc.integer({ min: 1, max: 40 }),
      maxPerUser: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ one, userId, version, idleSeconds, absoluteSeconds, maxPerUser }) => ({
      type: "create" as const,
      input: createSession({
        id: one,
        kind: kindOf(one),
        secretHash: hashOf(one),
        appId: kindOf(one) === "app" ? appOf(one) : null,
        parentId: kindOf(one) === "app" ? "f" : null,
        principal: principal({ userId, version }),
        lifetime: { idleSeconds, absoluteSeconds },
        maxPerUser,
      }),
    })),
  fc.record({
    type: fc.constant("verify" as const),
    secretHash: id.map(hashOf),
    appId: fc.option(app),
    touch: fc.boolean(),
    seen,
  }),
  fc.record({ type: fc.constant("touch" as const), id }),
  fc.record({
    type: fc.constant("end" as const),
    filter: fc.oneof(
      fc.record({ by: fc.constantFrom("session" as const, "parent" as const), id }),
      fc.record({ by: fc.constant("user" as const), id: user }),
      fc.record({ by: fc.constant("app" as const), id: app }),
    ),
    reason: fc.constantFrom("signed_out" as const, "killed_by_admin" as const),
  }),
  fc.record({
    type: fc.constant("refresh" as const),
    epoch: fc.integer({ min: 0, max: 9 }),
    principals: fc.array(
      fc
        .record({
          userId: user,
          version: fc.integer({ min: 1, max: 6 }),
          status: fc.constantFrom("active" as const, "active" as const, "disabled" as const),
        })
        .map(principal),
      { maxLength: 1 },
    ),
    devices: fc.array(deviceOf, { maxLength: 1 }),
  }),
  fc
    .record({ id, device: deviceOf, provenAt: fc.integer({ min: 0, max: 9 }) })
    .map(({ id: one, device: bound, provenAt }) => ({
      type: "bind_device" as const,
      id: one,
      proven: { device: bound, provenAt, sameAddress: false },
    })),
  fc.record({
    type: fc.constant("put_below" as const),
    id,
    parent: fc.record({ id, owner: fc.constant("signin/weur/0") }),
  }),
  fc.constant({ type: "expire" as const }),
);

const history = fc.array(
  fc.record({
    command,
    wait: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 12 }).map((seconds) => seconds * 1000),
      fc.integer({ min: 1, max: 12_000 }),
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

function step(state: SessionsState, one: SessionCommand, now: number): SessionsState {
  const decision = decide(state, one, now);
  return decision.ok ? applyAll(state, decision.value.events) : state;
}

test("random histories answer as the naive model does", () => {
  fc.assert(
    fc.property(history, (steps) => {
      const model = new NaiveSessions();
      let state = EMPTY_STATE;
      let now = 1_000_000;
      for (const { command: one, wait } of steps) {
        now += wait;
        state = step(state, one, now);
        model.run(one, now);
        expect(state.epoch).toBe(model.epoch);
        for (const each of IDS) {
          const appId = kindOf(each) === "app" ? appOf(each) : null;
          const verdict = verdictOf(state, hashOf(each), appId);
          expect(
            verdict.ok ? { principalVersion: verdict.session.principal.version } : { reason: verdict.reason },
          ).toEqual(model.answer(hashOf(each), appId));
          if (!verdict.ok) continue;
          const kinds = (verdict.session.risk?.signals ?? []).map(({ kind }) => kind);
          expect(kinds.sort()).toEqual(model.found(each));
        }
      }
    }),
    { seed: SEED, numRuns: drawn(1_500, 50_000) },
  );
}, 600_000);

test("what ended never lives again, the cap and the lifetimes hold, and the epoch never falls", () => {
  fc.assert(
    fc.property(history, (steps) => {
      let state = EMPTY_STATE;
      let now = 1_000_000;
      const over = new Set<string>();
      for (const { command: one, wait } of steps) {
        now += wait;
        const before = state.epoch;
        state = step(state, one, now);
        expect(state.epoch).toBeGreaterThanOrEqual(before);
        for (const each of state.ended.keys()) over.add(each);
        for (const each of over) expect(state.live.has(each)).toBe(false);
        if (one.type === "create") {
          const mine = [...state.live.values()].filter(
            ({ session }) =>
              session.kind === one.input.kind &&
              session.appId === one.input.appId &&
              session.principal.userId === one.input.principal.userId,
          );
          if (state.live.get(one.input.id)?.session.createdAt === now && wait > 0) {
            expect(mine.length).toBeLessThanOrEqual(one.input.maxPerUser);
          }
        }
        for (const each of IDS) {
          const appId = kindOf(each) === "app" ? appOf(each) : null;
          const asked = step(state, { type: "verify", secretHash: hashOf(each), appId, touch: false }, now);
          const verdict = verdictOf(asked, hashOf(each), appId);
          if (!verdict.ok) continue;
          expect(now).toBeLessThan(verdict.session.expiresAt);
          expect(now).toBeLessThan(verdict.session.lastSeenAt + (asked.live.get(each)?.idleMs ?? 0));
        }
      }
    }),
    { seed: SEED + 1, numRuns: drawn(1_000, 50_000) },
  );
}, 600_000);

test("a session's device never falls back to an older version, and changes only by a proof or by news of it", () => {
  fc.assert(
    fc.property(history, (steps) => {
      let state = EMPTY_STATE;
      let now = 1_000_000;
      const newest = new Map<string, number>();
      for (const { command: one, wait } of steps) {
        now += wait;
        const before = state;
        state = step(state, one, now);
        if (one.type === "refresh")
          for (const { id: of, version } of one.devices)
            newest.set(of, Math.max(version, newest.get(of) ?? 0));
        for (const [each, { session }] of state.live) {
          if (!session.device) continue;
          expect(session.device.device.version).toBeGreaterThanOrEqual(
            newest.get(session.device.device.id) ?? 0,
          );
          const was = before.live.get(each)?.session.device;
          if (session.device === was) continue;
          expect(["bind_device", "refresh"]).toContain(one.type);
          if (one.type === "refresh") expect(session.device.provenAt).toBe(was?.provenAt);
        }
      }
    }),
    { seed: SEED + 3, numRuns: drawn(1_000, 50_000) },
  );
});

test("the risk of a session is what a reading of all its requests from the first one finds", () => {
  const requests = fc.array(fc.tuple(seen, fc.integer({ min: 0, max: 700_000 })), { maxLength: 12 });
  const input = createSession({ lifetime: { idleSeconds: 100_000, absoluteSeconds: 100_000_000 } });
  const { secretHash, appId } = input;
  fc.assert(
    fc.property(requests, (steps) => {
      const model = new NaiveSessions();
      let now = 1_000_000;
      let state = step(EMPTY_STATE, { type: "create", input }, now);
      model.run({ type: "create", input }, now);
      for (const [shown, wait] of steps) {
        now += wait;
        const verify = { type: "verify", secretHash, appId, touch: true, seen: shown } as const;
        state = step(state, verify, now);
        model.run(verify, now);
        const kinds = (state.live.get(input.id)?.session.risk?.signals ?? []).map(({ kind }) => kind);
        expect(kinds.sort()).toEqual(model.found(input.id));
      }
    }),
    { seed: SEED + 2, numRuns: drawn(1_000, 50_000) },
  );
});
