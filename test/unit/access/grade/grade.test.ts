import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRADES, type Grade } from "../../../../shared/access/grade/access.ts";
import {
  type GradeSettings,
  gradeOf,
  refusedBy,
  type Standing,
} from "../../../../shared/access/grade/grade.ts";
import { durationAt } from "../../../../shared/access/grade/lifetime.ts";
import type { SignedIn } from "../../../../shared/access/grade/verified.ts";
import { accessInWords } from "../../../../shared/access/grade/words.ts";
import { type AccessTerms, MONITORING, NO_TERMS, strictest } from "../../../../shared/access/policy/terms.ts";
import type { RiskSignal } from "../../../../shared/access/risk/signal.ts";
import { withSignal } from "../../../../shared/access/risk/signal.ts";
import { proofsOf } from "../../../../shared/access/sessions/proofs.ts";
import { DEFAULT_APP_SETTINGS } from "../../../../shared/registry/app-settings.ts";
import { drawn, SEED } from "../../../support/sample.ts";
import { naiveGrade } from "./naive-grade.ts";

const NOW = 1_800_000_000_000;
const AUTHENTICATION = {
  providerId: "idp_1",
  subject: "s",
  providerSid: null,
  acr: null,
  amr: [],
  authTime: 0,
};
const SETTINGS: GradeSettings = DEFAULT_APP_SETTINGS;
const risky = (score: number, at = NOW - 1_000): RiskSignal => ({
  ...{ source: "administrator", kind: "set_by_hand", score, at, halfLifeSeconds: 86_400 },
});
const proved = (amr: readonly string[], at = NOW, acr: string | null = null) => ({
  proofs: [{ acr, amr, at }],
});
const standing = (over: Partial<Standing> = {}): Standing => ({
  signals: [],
  unmeasured: [],
  signedIn: proved(["pwd"], NOW - 3_600_000),
  lasting: { beganAt: NOW - 3_600_000, unusedMs: 0 },
  ...over,
});
const at = (score: number, over: Partial<Standing> = {}, terms: readonly AccessTerms[] = []) =>
  gradeOf(SETTINGS, standing({ signals: score > 0 ? [risky(score)] : [], ...over }), strictest(terms), NOW);

describe("the grade", () => {
  it.each([
    [0, "allow"],
    [29, "allow"],
    [30, "watch"],
    [49, "watch"],
    [50, "read_only"],
    [69, "read_only"],
    [70, "pause"],
    [90, "pause"],
    [91, "cut"],
    [100, "cut"],
  ])("at a risk of %i is %s", (score, grade) => expect(at(score).grade).toBe(grade));

  it("falls back as the risk falls, without anybody being told", () => {
    const signals = [risky(80, NOW)];
    const later = (hours: number) =>
      gradeOf(SETTINGS, standing({ signals, lasting: null }), NO_TERMS, NOW + hours * 3_600_000).grade;
    expect([later(0), later(8), later(24), later(36)]).toEqual(["pause", "read_only", "watch", "allow"]);
  });

  it("a sign-in after the risk rose lifts read only and pause, not the end; one before it does not", () => {
    const signedIn = proved([]);
    expect([60, 80, 95].map((score) => at(score, { signedIn }).grade)).toEqual(["watch", "watch", "cut"]);
    expect(at(80, { signedIn: proved([], NOW - 9_999) }).grade).toBe("pause");
  });

  it("a provider's clock that is ahead, and a new session on an old sign-in, prove nothing", () => {
    const by = (authTime: number, createdAt: number, raisedAt?: number) => {
      const authentication = { ...AUTHENTICATION, authTime: authTime / 1_000 };
      const proofs = proofsOf({ authentication, createdAt, ...(raisedAt ? { raisedAt } : {}) });
      return at(80, { signedIn: { proofs } }).grade;
    };
    expect(by(NOW, NOW - 9_999)).toBe("pause");
    expect(by(NOW - 9_999, NOW)).toBe("pause");
    expect(by(NOW + 9_999, NOW)).toBe("watch");
    expect(by(NOW, NOW - 9_999, NOW)).toBe("watch");
  });

  it("a passkey counts beside the sign-in, with its own time", () => {
    const passkey = { keyId: "key_1", amr: ["hwk", "user", "mfa"], at: NOW / 1_000 };
    const old = { ...AUTHENTICATION, acr: "gold", amr: ["pwd"], authTime: NOW / 1_000 - 3_600 };
    const proofs = proofsOf({ authentication: { ...old, passkey }, createdAt: NOW - 3_600_000 });
    const by = (terms: Partial<AccessTerms>) =>
      at(0, { signedIn: { proofs } }, [{ ...NO_TERMS, ...terms }]).reason;
    expect(by({ verification: "second_factor", verifiedWithin: 60 })).toBe(null);
    expect(by({ verification: "reauthentication", verifiedWithin: 60 })).toBe(null);
    expect(by({ amr: ["hwk", "pwd"] })).toBe(null);
    // What is asked within a time counts only from proofs of that time.
    expect(by({ amr: ["hwk", "pwd"], verification: "reauthentication", verifiedWithin: 60 })).toBe(
      "step_up_required",
    );
    expect(by({ acr: ["gold"] })).toBe(null);
    expect(by({ acr: ["gold"], verification: "reauthentication", verifiedWithin: 60 })).toBe(
      "step_up_required",
    );
  });

  it("asks for contexts and methods by name, and for nothing that two permits don't both accept", () => {
    const by = (signedIn: SignedIn, ...terms: Partial<AccessTerms>[]) =>
      at(
        0,
        { signedIn },
        terms.map((one) => ({ ...NO_TERMS, ...one })),
      );
    const gold = proved(["pwd"], NOW, "gold");
    expect(by(gold, { acr: ["silver", "gold"] }).grade).toBe("allow");
    expect(by(gold, { acr: ["silver"] })).toMatchObject({
      ...{ grade: "pause", reason: "sign_in_method_required", additionalVerification: "reauthentication" },
      need: { verification: "reauthentication", acr: ["silver"], amr: [], maxAge: null },
    });
    expect(by(gold, { acr: ["gold"] }, { acr: ["silver"] }).need?.acr).toEqual([]);
    expect(by(gold, { amr: ["otp"] }, { amr: ["pwd"] }).need?.amr).toEqual(["otp", "pwd"]);
    expect(by({ proofs: [] }, { acr: ["gold"] }).reason).toBe("step_up_required");
  });

  it("a second factor is one that the provider names", () => {
    const settings = { ...SETTINGS, stepUp: "second_factor" as const };
    const by = (...amr: string[]) =>
      gradeOf(settings, standing({ signals: [risky(80)], signedIn: proved(amr) }), NO_TERMS, NOW);
    expect(by("pwd")).toMatchObject({ grade: "pause", reason: "second_factor_required" });
    expect(by("pwd", "otp")).toMatchObject({ grade: "watch", additionalVerification: "none" });
  });

  it("lets reading and open connections through where only reading is allowed", () => {
    const { grade, reason } = at(60);
    const refused = (...actions: string[]) => refusedBy({ grade, reason }, actions);
    expect([refused("read"), refused("connect"), refused("write"), refused("read", "delete")]).toEqual([
      null,
      null,
      "read_only",
      "read_only",
    ]);
  });

  it("asks for what the strictest permit asks for, also of callers without a sign-in", () => {
    const second = { ...NO_TERMS, verification: "second_factor" as const };
    expect(at(0, {}, [NO_TERMS, second])).toMatchObject({
      grade: "pause",
      additionalVerification: "second_factor",
    });
    expect(at(0, { signedIn: null, lasting: null }, [second]).grade).toBe("pause");
    expect(at(0, {}, [{ ...NO_TERMS, approval: true }]).reason).toBe("approval_required");
  });

  it("never says that a risk is low where nobody could look", () => {
    const words = accessInWords({ ...at(0, { unmeasured: ["country"] }), grantedPermissions: [] }).join(" ");
    expect(words).toContain("The country could not be looked at, which is no sign of a low risk.");
  });

  it("says why it is what it is, and what would restore access", () => {
    const words = accessInWords({ ...at(60), grantedPermissions: [{ actions: ["read"], paths: ["/a/*"] }] });
    expect(words).toEqual([
      "The risk is 60 of 100 (set by administrator: 60); the session ends above 90.",
      "The session may only read: changes, and messages over an open connection, are refused.",
      "A new sign-in lifts this, and so does a lower risk.",
      expect.stringMatching(/^At this risk a session lasts /),
      "A permit behind this gives at most read at /a/*.",
    ]);
  });
});

const terms: fc.Arbitrary<AccessTerms> = fc.record({
  allowedRisk: fc.option(fc.integer({ min: 0, max: 100 })),
  idleSeconds: fc.option(fc.integer({ min: 1, max: 4_000 })),
  absoluteSeconds: fc.option(fc.integer({ min: 1, max: 50_000 })),
  monitoring: fc.constantFrom(...MONITORING),
  verification: fc.constantFrom("none" as const, "reauthentication" as const, "second_factor" as const),
  verifiedWithin: fc.option(fc.integer({ min: 1, max: 4_000 })),
  acr: fc.option(fc.subarray(["gold", "silver"])),
  amr: fc.subarray(["otp", "pwd"]),
  approval: fc.boolean(),
  approvedWithin: fc.option(fc.integer({ min: 1, max: 4_000 })),
});
const change = fc.oneof(
  fc.record({
    type: fc.constant("signal" as const),
    kind: fc.constantFrom("a", "b", "c"),
    score: fc.integer({ min: 1, max: 100 }),
    halfLifeSeconds: fc.integer({ min: 60, max: 20_000 }),
  }),
  fc.record({ type: fc.constant("clear" as const) }),
  fc.record({
    type: fc.constant("sign_in" as const),
    skewMs: fc.integer({ min: -5_000, max: 5_000 }),
    otp: fc.boolean(),
  }),
  fc.record({ type: fc.constant("use" as const) }),
  fc.record({ type: fc.constant("policies" as const), terms: fc.array(terms, { maxLength: 2 }) }),
  fc.record({
    type: fc.constant("settings" as const),
    allowedRisk: fc.integer({ min: 0, max: 100 }),
    readOnlyRisk: fc.integer({ min: 1, max: 101 }),
    pauseRisk: fc.integer({ min: 1, max: 101 }),
    idleSeconds: fc.integer({ min: 1, max: 5_000 }),
    stepUp: fc.constantFrom("reauthentication" as const, "second_factor" as const),
  }),
);
const history = fc.array(fc.tuple(change, fc.integer({ min: 0, max: 3_000_000 })), { maxLength: 25 });

describe("in histories of changes, at each moment", () => {
  it("the grade is what a reading of all rules from the beginning says", () => {
    fc.assert(
      fc.property(history, (steps) => {
        let now = NOW;
        let settings = SETTINGS;
        let held: readonly AccessTerms[] = [];
        let signals: RiskSignal[] = [];
        let beganAt = NOW;
        let signedIn = proved(["pwd"]);
        let usedAt = NOW;
        for (const [one, wait] of steps) {
          now += wait;
          if (one.type === "signal") {
            const { kind, score, halfLifeSeconds } = one;
            signals = withSignal(signals, { source: "s", kind, score, halfLifeSeconds, at: now });
          } else if (one.type === "clear") signals = [];
          else if (one.type === "sign_in") {
            usedAt = now;
            beganAt = now;
            const provedAt = Math.min(now + one.skewMs, now);
            signedIn = proved(one.otp ? ["otp"] : ["pwd"], provedAt, one.otp ? "gold" : null);
          } else if (one.type === "use") usedAt = now;
          else if (one.type === "policies") held = one.terms;
          else {
            const { type: _, ...changed } = one;
            settings = { ...settings, ...changed };
          }
          const lasting = { beganAt, unusedMs: now - usedAt };
          const known = { signals, unmeasured: [], signedIn, lasting };
          const { grade, monitoringLevel } = gradeOf(settings, known, strictest(held), now);
          expect(grade).toBe(naiveGrade(settings, known, held, now));
          if (grade !== "allow") expect(monitoringLevel).not.toBe("normal");
        }
      }),
      { seed: SEED, numRuns: drawn(1_000, 50_000) },
    );
  });

  it("more risk, and a further term, never give more", () => {
    const worse = (a: Grade, b: Grade) => GRADES.indexOf(a) <= GRADES.indexOf(b);
    fc.assert(
      fc.property(fc.nat(99), fc.array(terms, { maxLength: 3 }), terms, (score, held, more) => {
        expect(worse(at(score, {}, held).grade, at(score + 1, {}, held).grade)).toBe(true);
        const [before, after] = [at(score, {}, held), at(score, {}, [...held, more])];
        expect(worse(before.grade, after.grade)).toBe(true);
        expect(after.allowedRisk).toBeLessThanOrEqual(before.allowedRisk);
        expect(strictest([...held, more])).toEqual(strictest([more, ...held]));
        for (const field of ["idleSeconds", "absoluteSeconds"] as const) {
          expect(after.sessionDuration?.[field]).toBeLessThanOrEqual(before.sessionDuration?.[field] ?? 0);
        }
      }),
      { seed: SEED, numRuns: drawn(500, 20_000) },
    );
  });
});

describe("a session's lifetime", () => {
  const own = { idleSeconds: 3_600, absoluteSeconds: 43_200 };
  it("leads in straight lines from the app's own to each point", () => {
    const curve = [
      { risk: 100, idleSeconds: 60, absoluteSeconds: 600 },
      { risk: 50, idleSeconds: 600, absoluteSeconds: 7_200 },
    ];
    const idle = [0, 25, 50, 75, 100].map((risk) => durationAt(risk, own, curve).idleSeconds);
    expect(idle).toEqual([3_600, 2_100, 600, 330, 60]);
  });
  it("never rises with the risk, whatever the points", () => {
    const point = fc.record({
      risk: fc.integer({ min: 1, max: 100 }),
      idleSeconds: fc.integer({ min: 1, max: 9_000 }),
      absoluteSeconds: fc.integer({ min: 1, max: 90_000 }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 6 }), fc.nat(99), (curve, risk) => {
        const [low, high] = [durationAt(risk, own, curve), durationAt(risk + 1, own, curve)];
        expect(high.idleSeconds).toBeLessThanOrEqual(low.idleSeconds);
        expect(high.absoluteSeconds).toBeLessThanOrEqual(low.absoluteSeconds);
        expect(low.idleSeconds).toBeGreaterThan(0);
      }),
      { seed: SEED, numRuns: drawn(500, 20_000) },
    );
  });
});
