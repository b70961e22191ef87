import { describe, expect, it } from "vitest";
import { SIGNAL_EVENTS } from "../../../../shared/access/signals/events.ts";
import { readSet } from "../../../../shared/access/signals/security-event-token.ts";

const NOW = 1_800_000_000_000;
const EXPECTED = { kind: "ssf", issuer: "https://idp.example", audience: "https://auth.example" } as const;

/** When the only event of a token came about, as it is read. */
function eventAt(payload: object, more: object = {}): number | undefined {
  const claims = {
    ...{ iss: EXPECTED.issuer, aud: EXPECTED.audience, iat: NOW / 1_000 - 10, jti: "j" },
    sub_id: { format: "opaque", id: "ann" },
    events: { [SIGNAL_EVENTS["risk-level-change"].uri]: payload },
    ...more,
  };
  const read = readSet("secevent+jwt", claims, EXPECTED, NOW);
  if (!read.ok) throw new Error(read.error.description);
  return read.value.signals[0]?.eventAt;
}

describe("when an event came about", () => {
  it("is what it says, in seconds or milliseconds, then what its token says", () => {
    expect(eventAt({ event_timestamp: NOW / 1_000 - 60 })).toBe(NOW - 60_000);
    expect(eventAt({ event_timestamp: NOW - 60_000 })).toBe(NOW - 60_000);
    expect(eventAt({}, { toe: NOW / 1_000 - 30 })).toBe(NOW - 30_000);
    expect(eventAt({})).toBe(NOW - 10_000);
  });

  it("is never later than now: a risk of the year 3000 would not fade, and nothing could take it back", () => {
    for (const at of [NOW / 1_000 + 1, NOW + 1, 32_503_680_000, 32_503_680_000_000, Number.MAX_VALUE])
      expect([at, eventAt({ event_timestamp: at })]).toEqual([at, NOW]);
    expect(eventAt({}, { toe: NOW })).toBe(NOW);
  });
});
