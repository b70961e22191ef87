import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_RISK_SETTINGS } from "../../../../shared/access/grade/settings.ts";
import { fallsTo, partsAt, scoreAt } from "../../../../shared/access/risk/score.ts";
import { MAX_SIGNALS, type RiskSignal, weightAt, withSignal } from "../../../../shared/access/risk/signal.ts";
import {
  agentKind,
  QUIET_MS,
  type Seen,
  unmeasuredOf,
  WHEREABOUTS,
  type Whereabouts,
  WINDOW_MS,
} from "../../../../shared/access/risk/whereabouts.ts";
import { drawn, SEED } from "../../../support/sample.ts";

const NOW = 1_800_000_000_000;
const signal = (score: number, over: Partial<RiskSignal> = {}): RiskSignal => ({
  ...{ source: "s", kind: "k", score, at: NOW, halfLifeSeconds: 3_600 },
  ...over,
});

const anySignal: fc.Arbitrary<RiskSignal> = fc.record({
  source: fc.constantFrom("a", "b"),
  kind: fc.constantFrom("x", "y", "z"),
  score: fc.integer({ min: 1, max: 100 }),
  at: fc.integer({ min: NOW - 100_000_000, max: NOW }),
  halfLifeSeconds: fc.integer({ min: 60, max: 7_776_000 }),
});

describe("a score", () => {
  it("halves in a half-life, and two chances of one half make three quarters", () => {
    const at = (hours: number) => scoreAt([signal(80)], NOW + hours * 3_600_000);
    expect([at(0), at(1), at(2), at(10)]).toEqual([80, 40, 20, 0]);
    expect(scoreAt([signal(50), signal(50, { kind: "other" })], NOW)).toBe(75);
  });
  it("has bounds, no order, and never falls by a further signal or rises by waiting", () => {
    fc.assert(
      fc.property(
        fc.array(anySignal, { maxLength: 20 }),
        anySignal,
        fc.nat(10 ** 9),
        (signals, more, wait) => {
          const score = scoreAt(signals, NOW);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(100);
          expect(scoreAt(signals.toReversed(), NOW)).toBe(score);
          expect(scoreAt([...signals, more], NOW)).toBeGreaterThanOrEqual(score);
          expect(scoreAt(signals, NOW + wait)).toBeLessThanOrEqual(score);
          const limit = Math.max(1, Math.floor(score / 2));
          const at = fallsTo(signals, limit, NOW);
          if (at !== null && at > NOW) {
            expect(scoreAt(signals, at)).toBeLessThan(limit);
            expect(scoreAt(signals, at - 2_000)).toBeGreaterThanOrEqual(limit - 1);
          }
        },
      ),
      { seed: SEED, numRuns: drawn(500, 20_000) },
    );
  });
  it("counts a signal of a clock that is ahead in full, never more", () => {
    expect(weightAt(signal(80, { at: NOW + 10 ** 9 }), NOW)).toBe(80);
  });
  it("names its parts, the strongest first", () => {
    expect(partsAt([signal(10), signal(40, { kind: "b" }), signal(0.4, { kind: "c" })], NOW)).toEqual([
      { source: "s", kind: "b", score: 40 },
      { source: "s", kind: "k", score: 10 },
    ]);
  });
  it("does not grow by repeating one finding, and keeps at most so many", () => {
    const once = withSignal([], signal(40));
    const twice = withSignal(once, signal(40, { at: NOW + 1 }));
    expect(twice).toHaveLength(1);
    const many = Array.from({ length: 100 }, (_, n) => signal(1 + (n % 90), { kind: `k${n}` }));
    const kept = many.reduce<RiskSignal[]>(withSignal, []);
    expect(kept).toHaveLength(MAX_SIGNALS);
    expect(Math.min(...kept.map(({ score }) => score))).toBeGreaterThan(70);
  });
});

const HOME: Seen = { country: "NL", asn: 1, agent: "Browser" };

/** What a session's requests, each so many milliseconds after the one before, are found to be. */
function found(...requests: [Partial<Seen>, number?][]): string[][] {
  let memory: Whereabouts | null = null;
  let now = NOW;
  return requests.map(([seen, wait = 60_000]) => {
    now += wait;
    const { events, signals } = WHEREABOUTS.decide(memory, { ...HOME, ...seen }, now);
    memory = events.reduce(WHEREABOUTS.apply, memory);
    return signals.map(({ kind }) => kind);
  });
}

describe("what requests show", () => {
  it("nothing while nothing changes", () => {
    expect(found([{}], [{}], [{}])).toEqual([[], [], []]);
  });
  it("another country, another network, another kind of browser: each when it is new", () => {
    expect(found([{}], [{ country: "US" }], [{ country: "NL" }])).toEqual([[], ["new_country"], []]);
    expect(found([{}], [{ asn: 2 }])).toEqual([[], ["new_network"]]);
    expect(found([{}], [{ agent: "curl" }], [{}])).toEqual([[], ["agent_changed"], ["agent_changed"]]);
  });
  it("two networks to and fro within the window, but not a phone that comes home later", () => {
    expect(found([{}], [{ asn: 2 }], [{}])).toEqual([[], ["new_network"], ["two_networks"]]);
    expect(found([{}], [{ asn: 2 }], [{}, WINDOW_MS + 1])).toEqual([[], ["new_network"], []]);
  });
  it("a place that is known no more; a place that was never known proves nothing", () => {
    const hidden = { country: null, asn: null };
    expect(found([{}], [hidden])).toEqual([[], ["place_hidden"]]);
    expect(found([hidden], [hidden], [{}])).toEqual([[], [], []]);
    expect(unmeasuredOf(WHEREABOUTS.apply(null, { seen: { ...HOME, ...hidden }, at: NOW }))).toEqual([
      "country",
      "network",
    ]);
  });
  it("a change within a second is found by a later request, so one cookie makes few writes", () => {
    expect(found([{}], [{ agent: "curl" }, QUIET_MS - 1], [{ agent: "curl" }])).toEqual([
      [],
      [],
      ["agent_changed"],
    ]);
  });
  it("no browser's update is a change", () => {
    const agent = (version: string) =>
      agentKind(`Mozilla/5.0 (X11; Linux x86_64; rv:${version}) Firefox/${version}`);
    expect(agent("144.0")).toBe(agent("145.0.1"));
    expect(agent("144.0")).not.toBe(agentKind("curl/8.5.0"));
  });
  it("never ends a session by itself: whoever sends requests can make all of it up", () => {
    const seen = fc.record({
      country: fc.constantFrom(null, "NL", "US", "DE"),
      asn: fc.constantFrom(null, 1, 2, 3),
      agent: fc.constantFrom("", "a", "b"),
    });
    const steps = fc.array(fc.tuple(seen, fc.integer({ min: 0, max: WINDOW_MS })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (requests) => {
        let memory: Whereabouts | null = null;
        let signals: RiskSignal[] = [];
        let now = NOW;
        for (const [one, wait] of requests) {
          now += wait;
          const look = WHEREABOUTS.decide(memory, one, now);
          memory = look.events.reduce(WHEREABOUTS.apply, memory);
          signals = look.signals.reduce<RiskSignal[]>(withSignal, signals);
          expect(scoreAt(signals, now)).toBeLessThanOrEqual(DEFAULT_RISK_SETTINGS.allowedRisk);
        }
        expect(JSON.stringify(memory).length).toBeLessThan(1_000);
      }),
      { seed: SEED, numRuns: drawn(300, 20_000) },
    );
  });
});
