import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideSignal } from "../../../../shared/access/signals/decide.ts";
import { SIGNAL_EFFECTS, SIGNAL_EVENT_NAMES } from "../../../../shared/access/signals/events.ts";
import { outgoingOf, TOLD_ACTIONS } from "../../../../shared/access/signals/outgoing.ts";
import { type SaidRisk, saidRisk, signalSource } from "../../../../shared/access/signals/risk.ts";
import type { Signal } from "../../../../shared/access/signals/security-event-token.ts";
import { readSubject } from "../../../../shared/access/signals/subject.ts";
import type { EventEntry } from "../../../../shared/audit/types.ts";

const nobody = { person: [], session: null, device: null, isWider: false };
const signal = (event: Signal["event"], payload: object = {}, eventAt = 1_000): Signal => ({
  event,
  subject: nobody,
  eventAt,
  payload: payload as Signal["payload"],
});

describe("what a signal means", () => {
  it("is never more access, whatever the event, the settings and the payload", () => {
    const word = fc.constantFrom("LOW", "HIGH", "compliant", "increase", "decrease", "", "__proto__");
    const drawn = fc.record({
      event: fc.constantFrom(...SIGNAL_EVENT_NAMES),
      effect: fc.constantFrom(...SIGNAL_EFFECTS),
      payload: fc.record({
        current_level: word,
        current_status: word,
        change_direction: word,
        principal: word,
      }),
      mayRate: fc.boolean(),
    });
    fc.assert(
      fc.property(drawn, ({ event, effect, payload, mayRate }) => {
        const found = decideSignal(signal(event, payload), { [event]: effect }, mayRate);
        if (found.type === "risk") expect(found.said.score === 0 || mayRate).toBe(true);
        if (found.type === "end") expect(found.signedInUntil).toBe(61_000);
        if (effect === "record") expect(found.type).toBe("record");
      }),
    );
  });

  it("is nothing where the news is good", () => {
    const ends = { "risk-level-change": "end", "device-compliance-change": "end_all" } as const;
    expect(decideSignal(signal("risk-level-change", { current_level: "LOW" }), ends, true).type).toBe(
      "record",
    );
    expect(decideSignal(signal("risk-level-change", { current_level: "MEDIUM" }), ends, true).type).toBe(
      "end",
    );
    const compliant = signal("device-compliance-change", { current_status: "compliant" });
    expect(decideSignal(compliant, ends, true).type).toBe("record");
    const rose = signal("assurance-level-change", { change_direction: "increase" });
    expect(decideSignal(rose, {}, true).type).toBe("record");
    const fell = signal("assurance-level-change", { change_direction: "decrease" });
    expect(decideSignal(fell, {}, true).type).toBe("end");
  });

  it("is the highest risk where the level is no word of CAEP, and none where it is a group's", () => {
    expect(saidRisk(signal("risk-level-change", { current_level: "SEVERE" }))?.score).toBe(100);
    expect(saidRisk(signal("risk-level-change", {}))?.score).toBe(100);
    expect(saidRisk(signal("risk-level-change", { current_level: "HIGH", principal: "TENANT" }))).toBeNull();
  });
});

describe("what others are told", () => {
  const entry = (action: string, detail: object = {}): EventEntry => ({
    kind: "admin",
    id: "aud_1",
    at: 1_000,
    actor: "user:usr_1",
    action,
    target: "usr_2",
    detail: detail as EventEntry["detail"],
  });

  it("is a change of the status, not of anything else, and no kill that ended nothing", () => {
    const change = (fields: object) => entry("user.update", { changes: [{ kind: "user", fields }] });
    expect(outgoingOf(change({ status: ["active", "disabled"] }), null)?.event).toBe("account-disabled");
    expect(outgoingOf(change({ name: ["", "Eve"] }), null)).toBeNull();
    expect(outgoingOf(entry("session.kill", { ended: 0 }), "usr_2")).toBeNull();
    expect(outgoingOf(entry("session.kill", { ended: 1 }), null)).toBeNull();
    expect(outgoingOf(entry("session.kill", { ended: 1 }), "usr_2")?.event).toBe("session-revoked");
  });

  it("is never what came as a signal, so that nothing goes in circles", () => {
    expect(TOLD_ACTIONS).not.toContain("signal.received");
    expect(outgoingOf(entry("signal.received", { ended: 3 }), "usr_2")).toBeNull();
  });
});

describe("the risk of a transmitter", () => {
  const { decide, apply } = signalSource("edr");

  it("is the newest that was said, in whatever order it comes", () => {
    const said = fc.uniqueArray(
      fc.record({
        kind: fc.constant("risk_level" as const),
        score: fc.integer({ min: 0, max: 100 }),
        at: fc.nat(),
      }),
      { minLength: 1, maxLength: 8, selector: ({ at }) => at },
    );
    fc.assert(
      fc.property(said, (all) => {
        const memory = all.reduce<SaidRisk | null>(
          (known, one) => decide(known, one, 0).events.reduce(apply, known),
          null,
        );
        expect(memory).toEqual(all.reduce((a, b) => (a.at > b.at ? a : b)));
      }),
    );
  });
});

describe("a subject", () => {
  it.each([
    [null],
    [[]],
    [{}],
    [{ format: "email" }],
    [{ format: "email", email: 7 }],
    [{ format: "email", email: "x".repeat(600) }],
    [{ format: "iss_sub", iss: "https://a" }],
    [{ format: "aliases", identifiers: [] }],
    [{ format: "aliases", identifiers: [{ format: "aliases", identifiers: [] }] }],
    [{ format: "aliases", identifiers: Array.from({ length: 11 }, () => ({ format: "opaque", id: "a" })) }],
    [{ format: "complex" }],
    [{ format: "complex", user: { format: "complex", user: { format: "opaque", id: "a" } } }],
    [{ format: "complex", session: { format: "email", email: "a@b.example" } }],
  ])("is refused: %j", (value) => {
    expect(readSubject(value).ok).toBe(false);
  });

  it("of a group alone names nobody", () => {
    const read = readSubject({ format: "complex", tenant: { format: "opaque", id: "acme" } });
    expect(read).toEqual({ ok: true, value: { ...nobody, isWider: true } });
  });
});
