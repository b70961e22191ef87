import { describe, expect, test } from "vitest";
import { closeCodeOf } from "../../../../shared/access/sessions/close-code.ts";
import { decide, type SessionCommand, verdictOf } from "../../../../shared/access/sessions/decide.ts";
import { MAX_ABSOLUTE_MS } from "../../../../shared/access/sessions/expiry.ts";
import { matches } from "../../../../shared/access/sessions/filter.ts";
import { freshness } from "../../../../shared/access/sessions/freshness.ts";
import { isOwner } from "../../../../shared/access/sessions/owner.ts";
import { applyAll, type SessionsState } from "../../../../shared/access/sessions/state.ts";
import { createSession, EMPTY_STATE, principal } from "./fixtures.ts";

const T = 1_000_000;

function run(state: SessionsState, command: SessionCommand, now: number) {
  const decision = decide(state, command, now);
  if (!decision.ok) throw new Error(decision.error);
  return { state: applyAll(state, decision.value.events), effects: decision.value.effects };
}

function askAt(state: SessionsState, now: number, touch = false) {
  const command = { type: "verify", secretHash: "hash-1", appId: "app_1", touch } as const;
  const after = run(state, command, now);
  return { verdict: verdictOf(after.state, "hash-1", "app_1"), ...after };
}

const one = run(EMPTY_STATE, { type: "create", input: createSession() }, T).state;

describe("lifetimes, to the millisecond", () => {
  test("idle", () => {
    expect(askAt(one, T + 59_999).verdict.ok).toBe(true);
    expect(askAt(one, T + 60_000).verdict).toMatchObject({ ok: false, reason: "idle_timeout" });
    const touched = askAt(one, T + 59_999, true).state;
    expect(askAt(touched, T + 119_998).verdict.ok).toBe(true);
    expect(askAt(touched, T + 119_999).verdict).toMatchObject({ reason: "idle_timeout" });
  });

  test("a question that must not keep it alive does not", () => {
    const asked = askAt(one, T + 59_999, false).state;
    expect(askAt(asked, T + 60_000).verdict.ok).toBe(false);
  });

  test("absolute", () => {
    let state = one;
    for (let at = 30_000; at < 600_000; at += 30_000) state = askAt(state, T + at, true).state;
    expect(askAt(state, T + 599_999).verdict.ok).toBe(true);
    expect(askAt(state, T + 600_000).verdict).toMatchObject({ reason: "absolute_timeout" });
  });

  test("no session outlives 90 days", () => {
    const input = createSession({ lifetime: { idleSeconds: 1e9, absoluteSeconds: 1e9 } });
    const { state } = run(EMPTY_STATE, { type: "create", input }, T);
    expect(state.live.get("ses_1")?.session.expiresAt).toBe(T + MAX_ABSOLUTE_MS);
  });
});

describe("G15: what the cap counts", () => {
  const create = (state: SessionsState, id: string, at: number, over: object = {}) =>
    run(
      state,
      { type: "create", input: createSession({ id, secretHash: `h-${id}`, maxPerUser: 2, ...over }) },
      at,
    ).state;
  const touched = (state: SessionsState, id: string, at: number) =>
    run(state, { type: "touch", id }, at).state;

  test("the longest unused session makes room, not the oldest", () => {
    const two = create(create(EMPTY_STATE, "old", T), "new", T + 1);
    const three = create(touched(two, "old", T + 2), "third", T + 3);
    expect([...three.live.keys()].sort()).toEqual(["old", "third"]);
    expect(three.ended.get("new")?.reason).toBe("replaced");
  });
  test("sessions of other apps are not counted", () => {
    const two = create(create(EMPTY_STATE, "a1", T), "a2", T + 1);
    const three = create(two, "b1", T + 2, { appId: "app_2" });
    expect([...three.live.keys()].sort()).toEqual(["a1", "a2", "b1"]);
  });
});

describe("creation", () => {
  test("a retried call changes nothing; another secret for the same id is refused", () => {
    expect(run(one, { type: "create", input: createSession() }, T + 5).state).toEqual(one);
    const other = createSession({ secretHash: "hash-2" });
    expect(decide(one, { type: "create", input: other }, T)).toEqual({ ok: false, error: "id_taken" });
    const sameSecret = createSession({ id: "ses_2" });
    expect(decide(one, { type: "create", input: sameSecret }, T)).toEqual({ ok: false, error: "id_taken" });
  });

  test("an ended session's id is never used again", () => {
    const filter = { by: "session", id: "ses_1" } as const;
    const { state } = run(one, { type: "end", filter, reason: "signed_out" }, T + 1);
    expect(decide(state, { type: "create", input: createSession() }, T + 2).ok).toBe(false);
  });

  test("a principal that was pushed since wins over the one that the caller read", () => {
    const push = (over: object) =>
      run(
        EMPTY_STATE,
        { type: "refresh", epoch: 2, principals: [principal({ version: 2, ...over })], devices: [] },
        T,
      ).state;
    const renamed = run(push({ groups: ["sales"] }), { type: "create", input: createSession() }, T).state;
    expect(renamed.live.get("ses_1")?.session.principal.groups).toEqual(["sales"]);
    expect(decide(push({ status: "disabled" }), { type: "create", input: createSession() }, T)).toEqual({
      ok: false,
      error: "user_disabled",
    });
  });
});

describe("ending", () => {
  test("cuts lines, marks the index, and takes the children of a sign-in session along", () => {
    const input = createSession({ kind: "sign_in", appId: null });
    const { state } = run(EMPTY_STATE, { type: "create", input }, T);
    const { effects } = run(
      state,
      { type: "end", filter: { by: "user", id: "usr_1" }, reason: "signed_out" },
      T + 1,
    );
    expect(effects).toEqual([
      { type: "cut_lines", sessionId: "ses_1", reason: "signed_out" },
      { type: "mark_ended", sessionId: "ses_1", reason: "signed_out", at: T + 1 },
      { type: "end_children", parentId: "ses_1" },
    ]);
  });

  test("the wrong app learns nothing", () => {
    expect(verdictOf(one, "hash-1", "app_2")).toMatchObject({ reason: "unknown" });
    expect(verdictOf(one, "hash-1", null)).toMatchObject({ reason: "unknown" });
  });

  test("everybody of a provider is selected by the provider alone", () => {
    const session = one.live.get("ses_1")?.session;
    const by = (id: string) => session && matches(session, { by: "everyOf", id });
    expect([by("idp_1"), by("idp_2")]).toEqual([true, false]);
  });

  test("a provider filter needs the provider and what it names", () => {
    const session = one.live.get("ses_1")?.session;
    if (!session) throw new Error("no session");
    const by = (subject: string | null, sid: string | null, providerId = "idp_1") =>
      matches(session, { by: "provider", providerId, subject, sid });
    expect([by("sub-1", null), by(null, "sid-1"), by("sub-1", "sid-1")]).toEqual([true, true, true]);
    expect([by(null, null), by("sub-1", "sid-2"), by("sub-2", "sid-1"), by("sub-1", null, "idp_2")]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test("close codes", () => {
    expect([closeCodeOf("signed_out"), closeCodeOf("user_disabled")]).toEqual([4401, 4403]);
  });
});

test("freshness has exact bounds and never trusts a clock that went back", () => {
  expect(freshness(null, T)).toBe("stale");
  expect([0, 10_000].map((age) => freshness(T, T + age))).toEqual(["fresh", "fresh"]);
  expect([-1, 10_001, 30_000].map((age) => freshness(T, T + age))).toEqual(["ask", "ask", "ask"]);
  expect(freshness(T, T + 30_001)).toBe("stale");
});

test("only well-formed names are owners", () => {
  expect(["signin/weur/0", "seg_01ab/enam/15"].map(isOwner)).toEqual([true, true]);
  for (const bad of [
    "",
    "signin",
    "signin/mars/0",
    "signin/weur/16",
    "signin/weur/00",
    "a/weur/0/x",
    "A/weur/0",
  ]) {
    expect(isOwner(bad), bad).toBe(false);
  }
});
