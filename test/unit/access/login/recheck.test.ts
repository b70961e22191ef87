import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRecheck, graceEndsAt, type RecheckOutcome } from "../../../../shared/access/login/recheck.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const settings = { recheckMinutes: 15, recheckGraceHours: 24 };
const confirmedAt = 1_000_000;
const grant = { confirmedAt, unanswered: 0 };
const end = confirmedAt + 24 * HOUR;
const away: RecheckOutcome = { kind: "away", problem: "no answer" };
const lost = { kind: "unanswered", problem: "no answer in time" } as const;

describe("re-check of a user", () => {
  test("that is confirmed is due again after the interval, and forgets its problems", () => {
    expect(decideRecheck({ kind: "confirmed" }, { confirmedAt, unanswered: 3 }, settings, end * 2)).toEqual({
      next: "keep",
      confirmedAt: end * 2,
      dueAt: end * 2 + 15 * MINUTE,
      unanswered: 0,
      problem: null,
    });
  });

  test("ends at once what the provider refuses", () => {
    for (const outcome of [
      { kind: "refused", reason: "email_unverified" },
      { kind: "token_refused" },
    ] as const) {
      expect(decideRecheck(outcome, grant, settings, confirmedAt).next).toBe("end");
    }
  });

  test.each<RecheckOutcome>([away, lost, { kind: "failed", problem: "invalid_client" }])(
    "keeps through %o until the millisecond at which the grace is over",
    (outcome) => {
      expect(decideRecheck(outcome, grant, settings, end - 1)).toMatchObject({ next: "keep", dueAt: end });
      expect(decideRecheck(outcome, grant, settings, end)).toMatchObject({ next: "end" });
    },
  );

  test("asks again soon after a failure, and no later than usual", () => {
    expect(decideRecheck(away, grant, settings, confirmedAt)).toMatchObject({
      dueAt: confirmedAt + 5 * MINUTE,
    });
    const often = { ...settings, recheckMinutes: 1 };
    expect(decideRecheck(away, grant, often, confirmedAt)).toMatchObject({ dueAt: confirmedAt + MINUTE });
  });

  test("takes a refused token for silence only after an answer that was lost", () => {
    const before = decideRecheck(lost, grant, settings, confirmedAt);
    expect(before).toMatchObject({ next: "keep", unanswered: 1 });
    const doubtful = { confirmedAt, unanswered: 1 };
    const refused: RecheckOutcome = { kind: "token_refused" };
    expect(decideRecheck(refused, doubtful, settings, end - 1)).toMatchObject({
      next: "keep",
      unanswered: 1,
    });
    expect(decideRecheck(refused, doubtful, settings, end).next).toBe("end");
  });

  test("never keeps anybody whom nobody confirmed for longer than the grace", () => {
    const outcomes = fc.constantFrom<RecheckOutcome>(
      away,
      lost,
      { kind: "failed", problem: "x" },
      { kind: "token_refused" },
    );
    const whole = (min: number, max: number) => fc.integer({ min, max });
    fc.assert(
      fc.property(
        outcomes,
        whole(0, 3),
        whole(1, 1_440),
        whole(0, 720),
        whole(0, 1e10),
        (outcome, unanswered, minutes, hours, age) => {
          const own = { recheckMinutes: minutes, recheckGraceHours: hours };
          const checked = { confirmedAt, unanswered };
          const decision = decideRecheck(outcome, checked, own, confirmedAt + age);
          if (decision.next === "end") return;
          expect(decision.confirmedAt).toBe(confirmedAt);
          expect(decision.dueAt).toBeLessThanOrEqual(graceEndsAt(checked, own));
          expect(decision.dueAt).toBeGreaterThan(confirmedAt + age);
        },
      ),
      { seed: 2028, numRuns: 1_000 },
    );
  });
});
