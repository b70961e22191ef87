import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossOf, measured, NEW_METER, unanswered } from "../../../shared/paths/meter.ts";
import { answerTo, PROBE_ID_BYTES, probeId, questionOf, readProbe } from "../../../shared/paths/probe.ts";

describe("a probe", () => {
  it("is answered with its own number and not a byte more, and an answer is no question", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: PROBE_ID_BYTES, maxLength: PROBE_ID_BYTES }), (id) => {
        const question = questionOf(id);
        const answer = answerTo(question);
        expect(readProbe(question)).toEqual({ kind: "asks", id: probeId(id) });
        expect(readProbe(answer)).toEqual({ kind: "answers", id: probeId(id) });
        expect(answer).toHaveLength(question.length);
      }),
    );
  });

  it("is nothing else", () => {
    const good = questionOf(new Uint8Array(PROBE_ID_BYTES));
    const others = [new Uint8Array(), good.subarray(1), Uint8Array.from([...good, 0])];
    const broken = [0, 1, 2, 3, 4].map((at) => good.with(at, 0xff));
    for (const bytes of [...others, ...broken]) expect(readProbe(bytes)).toBeNull();
  });
});

describe("a meter", () => {
  it("follows round trips, and counts the loss of the last probes", () => {
    let meter = measured(NEW_METER, 80, 1);
    expect([meter.rttMs, meter.jitterMs, lossOf(meter), lossOf(NEW_METER)]).toEqual([80, 40, 0, null]);
    for (let n = 0; n < 100; n++) meter = measured(meter, 40, n);
    expect(meter.rttMs).toBeCloseTo(40, 1);
    expect(meter.jitterMs).toBeCloseTo(0, 1);
    for (let n = 0; n < 8; n++) meter = unanswered(meter);
    expect(lossOf(meter)).toBe(0.25);
  });

  it("takes no round trip that is none", () => {
    const meter = measured(NEW_METER, 80, 1);
    for (const ms of [Number.NaN, -1]) expect(measured(meter, ms, 2)).toMatchObject({ rttMs: 80, at: 2 });
  });
});
