import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decide,
  type GrantCommand,
  MOST_AN_HOUR,
  MOST_HELD,
  MOST_WAITING,
  WAITS_MS,
} from "../../../../shared/access/grants/decide.ts";
import { digestOf } from "../../../../shared/access/grants/digest.ts";
import { isNamed } from "../../../../shared/access/grants/settings.ts";
import { inForce, nextEnd, statusAt } from "../../../../shared/access/grants/state.ts";
import type { Grant } from "../../../../shared/access/grants/types.ts";
import { CONTENT, must, outcomeOf, requested, SETTINGS, said } from "./world.ts";

const NOW = 1_000_000;
const pending = (needed = 1) => must(outcomeOf(null, requested({ needed }), NOW));

describe("a request", () => {
  it("waits until enough approve, and holds from that moment for as long as was asked", () => {
    const one = must(outcomeOf(pending(2), said(pending(2), "ann"), NOW + 1));
    expect(statusAt(one, NOW + 2)).toBe("pending");
    const two = must(outcomeOf(one, said(one, "ada"), NOW + 5));
    expect(two).toMatchObject({ status: "granted", since: NOW + 5, until: NOW + 5 + 600_000 });
  });

  it.each([
    ["not offered", requested({}, { mayAsk: false }), "not_offered"],
    ["an emergency of somebody else", requested({ emergency: true }, { mayBreakIn: false }), "not_offered"],
    ["too long", requested({ seconds: SETTINGS.grantMaxSeconds + 1 }), "too_long"],
    ["an emergency as long as a grant", requested({ emergency: true, seconds: 901 }), "too_long"],
    ["without a time", requested({ seconds: 0 }), "too_short"],
    ["without a reason", requested({ reason: " " }), "reason_missing"],
    ["twice", requested({}, { hasOne: true }), "has_one_already"],
    ["beside many that wait", requested({}, { waiting: MOST_WAITING }), "too_many_waiting"],
    ["too often", requested({}, { withinHour: MOST_AN_HOUR }), "too_often"],
    ["beside many grants", requested({}, { held: MOST_HELD }), "too_many_held"],
  ] as [string, GrantCommand, string][])("%s is refused", (_name, command, why) => {
    expect(outcomeOf(null, command, NOW)).toBe(why);
  });

  it("in an emergency holds at once, though others wait, and is reviewed once by another", () => {
    const grant = must(
      outcomeOf(null, requested({ emergency: true, needed: 0 }, { waiting: MOST_WAITING }), NOW),
    );
    expect(grant).toMatchObject({ status: "granted", since: NOW });
    expect(outcomeOf(grant, { type: "review", by: "bob", mayReview: true }, NOW)).toBe("own_request");
    expect(outcomeOf(grant, { type: "review", by: "eve", mayReview: false }, NOW)).toBe("not_an_approver");
    const reviewed = must(outcomeOf(grant, { type: "review", by: "ann", mayReview: true }, NOW + 9));
    expect(reviewed).toMatchObject({ reviewedBy: "ann", reviewedAt: NOW + 9, status: "granted" });
    expect(outcomeOf(reviewed, { type: "review", by: "ada", mayReview: true }, NOW)).toBe("reviewed_already");
    expect(outcomeOf(pending(), { type: "review", by: "ada", mayReview: true }, NOW)).toBe("no_emergency");
  });

  it("is answered by approvers alone, each once, and never by whoever made it", () => {
    const grant = pending(2);
    expect(outcomeOf(grant, said(grant, "bob"), NOW)).toBe("own_request");
    expect(outcomeOf(grant, said(grant, "bob", "deny"), NOW)).toBe("own_request");
    expect(outcomeOf(grant, said(grant, "eve", "approve", { isApprover: false }), NOW)).toBe(
      "not_an_approver",
    );
    expect(outcomeOf(grant, said(grant, "eve", "deny", { isApprover: false }), NOW)).toBe("not_an_approver");
    const once = must(outcomeOf(grant, said(grant, "ann"), NOW));
    expect(outcomeOf(once, said(once, "ann"), NOW)).toBe("answered_already");
  });

  it("counts only those who are approvers still, and as many as the app wants now", () => {
    const once = must(outcomeOf(pending(2), said(pending(2), "ann"), NOW));
    const gone = must(outcomeOf(once, said(once, "ada", "approve", { stillApprovers: new Set() }), NOW));
    expect(gone.status).toBe("pending");
    const more = { ...SETTINGS, grantApprovals: 3 };
    expect(must(outcomeOf(once, said(once, "ada", "approve", { settings: more }), NOW)).status).toBe(
      "pending",
    );
    const fewer = must(
      outcomeOf(pending(2), said(pending(2), "ann", "approve", { settings: SETTINGS }), NOW),
    );
    expect(fewer.status).toBe("pending");
  });

  it("is approved as it was shown, and as the app still offers it", () => {
    const grant = pending();
    expect(outcomeOf(grant, said(grant, "ann", "approve", { seen: "other" }), NOW)).toBe("changed");
    expect(outcomeOf(grant, said(grant, "ann", "approve", { digest: "moved" }), NOW)).toBe("changed");
    expect(outcomeOf(grant, said(grant, "ann", "approve", { askerStands: false }), NOW)).toBe("asker_gone");
    for (const less of [
      { grantMaxSeconds: 599 },
      { grantActions: ["read" as const] },
      { grantPaths: ["/a"] },
    ]) {
      const settings = { ...SETTINGS, ...less };
      expect([less, outcomeOf(grant, said(grant, "ann", "approve", { settings }), NOW)]).toEqual([
        less,
        "changed",
      ]);
    }
  });

  it("ends at its millisecond, and nothing opens it again", () => {
    const grant = pending();
    const last = NOW + WAITS_MS - 1;
    expect(must(outcomeOf(grant, said(grant, "ann"), last)).status).toBe("granted");
    expect(outcomeOf(grant, said(grant, "ann"), last + 1)).toBe("not_waiting");
    const granted = must(outcomeOf(grant, said(grant, "ann"), NOW));
    const until = granted.until ?? 0;
    expect([statusAt(granted, until - 1), statusAt(granted, until)]).toEqual(["granted", "expired"]);
    expect(outcomeOf(granted, { type: "revoke", by: "ann", mayRevoke: true }, until)).toBe("not_in_force");
    expect(must(outcomeOf(granted, { type: "expire" }, until + 50))).toMatchObject({
      status: "expired",
      endedAt: until,
    });
    expect(decide(granted, { type: "expire" }, until - 1)).toEqual({ ok: true, value: [] });
    const revoked = must(outcomeOf(granted, { type: "revoke", by: "bob", mayRevoke: false }, NOW));
    expect(outcomeOf(revoked, said(revoked, "ann"), NOW)).toBe("not_waiting");
    expect(outcomeOf(granted, { type: "revoke", by: "eve", mayRevoke: false }, NOW)).toBe("not_an_approver");
    expect(outcomeOf(granted, { type: "withdraw", by: "bob" }, NOW)).toBe("not_waiting");
    expect(outcomeOf(grant, { type: "withdraw", by: "ann" }, NOW)).toBe("not_yours");
  });
});

describe("what an approval is bound to", () => {
  it("is everything that an approver sees", () => {
    const seen = { id: "grt_1", email: "bob@example.com", app: { name: "wiki", host: "wiki.example.com" } };
    const digests = [
      digestOf(CONTENT, seen),
      ...[{ userId: "x" }, { appId: "x" }, { actions: ["read" as const] }, { paths: ["/a"] }].map((other) =>
        digestOf({ ...CONTENT, ...other }, seen),
      ),
      ...[{ seconds: 1 }, { reason: "x" }, { needed: 2 }, { emergency: true }].map((other) =>
        digestOf({ ...CONTENT, ...other }, seen),
      ),
      digestOf(CONTENT, { ...seen, id: "grt_2" }),
      digestOf(CONTENT, { ...seen, email: "eve@example.com" }),
      digestOf(CONTENT, { ...seen, app: { ...seen.app, name: "x" } }),
      digestOf(CONTENT, { ...seen, app: { ...seen.app, host: "x" } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe("a selector", () => {
  it("names one person by the whole address, or who is in one group, and nothing else", () => {
    const bob = { email: "bob@example.com", isIn: (group: string) => group === "sales" };
    const names = ["user:bob@example.com", "group:sales"];
    const others = [
      "user:ob@example.com",
      "user:bob@example.com.evil",
      "user:xbob@example.com",
      "user:sales",
    ];
    const unclear = [
      "group:bob@example.com",
      "bob@example.com",
      "sales",
      "any:sales",
      "nobodysales",
      "user:",
      "group:",
    ];
    for (const one of names) expect([one, isNamed([one], bob)]).toEqual([one, true]);
    for (const one of [...others, ...unclear]) expect([one, isNamed([one], bob)]).toEqual([one, false]);
    expect(isNamed([], bob)).toBe(false);
  });
});

describe("grants in force", () => {
  const held = (since: number, until: number, appId = "wiki") => ({
    ...{ id: `${since}`, appId, since, until, actions: [], paths: [], emergency: false },
  });
  it("are those of the app, from the first millisecond to before the last", () => {
    const grants = [held(10, 20), held(20, 30), held(10, 90, "chat")];
    expect([9, 10, 19, 20, 29, 30].map((now) => inForce(grants, "wiki", now).map(({ id }) => id))).toEqual([
      ...[[], ["10"], ["10"], ["20"], ["20"], []],
    ]);
    expect([nextEnd(grants, 19), nextEnd(grants, 20), nextEnd(grants, 90)]).toEqual([20, 30, null]);
  });
});

/** Whoever may act, at any time, with what they may have seen. */
const act = fc.record({
  what: fc.constantFrom("approve", "deny", "withdraw", "revoke", "expire"),
  who: fc.constantFrom("ann", "ada", "bob", "eve"),
  leaves: fc.boolean(),
  after: fc.integer({ min: 0, max: WAITS_MS / 3 }),
});

describe("any history", () => {
  it("opens only by enough different approvers who were approvers then, and ends once", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.integer({ min: 1, max: 3 }), (acts, needed) => {
        let grant: Grant = must(outcomeOf(null, requested({ needed }), NOW));
        let now = NOW;
        const approvers = new Set(["ann", "ada"]);
        const opened: Grant[] = [];
        for (const { what, who, leaves, after: later } of acts) {
          now += later;
          if (leaves && who !== "bob") approvers.delete(who);
          else if (who === "ann" || who === "ada") approvers.add(who);
          const stillApprovers = new Set(
            grant.answers.map(({ userId }) => userId).filter((id) => approvers.has(id)),
          );
          const command: GrantCommand =
            what === "approve" || what === "deny"
              ? said(grant, who, what, { isApprover: approvers.has(who), stillApprovers })
              : what === "withdraw"
                ? { type: what, by: who }
                : what === "revoke"
                  ? { type: what, by: who, mayRevoke: approvers.has(who) }
                  : { type: "expire" };
          const before = grant;
          const outcome = outcomeOf(grant, command, now);
          if (typeof outcome === "string") continue;
          grant = outcome;
          const wasOver = statusAt(before, now) !== "pending" && statusAt(before, now) !== "granted";
          if (wasOver && what !== "expire") throw new Error("something came about after the end");
          if (before.since === null && grant.since !== null) opened.push(grant);
        }
        for (const { answers, since, until } of opened) {
          const yes = answers.filter(({ verdict }) => verdict === "approve").map(({ userId }) => userId);
          expect(new Set(yes).size).toBeGreaterThanOrEqual(needed);
          expect(yes).not.toContain("bob");
          expect(yes).not.toContain("eve");
          expect((until ?? 0) - (since ?? 0)).toBe(CONTENT.seconds * 1_000);
        }
        expect(opened.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
