import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  HANDSHAKE_MEMORY_MS,
  judgeHandshake,
  type NewestHandshake,
  newestOf,
  RELEASED,
  type SignedHandshake,
} from "../../../shared/node/handshake-verdict.ts";
import { drawn, SEED } from "../../support/sample.ts";

const MINUTE = 60_000;
/** What the hub bears of a statement's age or a clock's error. */
const SKEW = 5 * MINUTE;

/** The hub as far as handshakes go: refuses wrong times, remembers for a while, asks the judge. */
class Hub {
  #newest: NewestHandshake = { counter: 0, madeAt: 0 };
  #seen = new Map<number, SignedHandshake & { until: number }>();

  receive(made: SignedHandshake, now: number): string {
    if (Math.abs(made.madeAt - now) > SKEW) return "skewed";
    const kept = [...this.#seen.values()].filter(({ until }) => until >= now);
    const above = kept.filter(({ counter }) => counter > made.counter).map(({ madeAt }) => madeAt);
    const verdict = judgeHandshake(made, {
      newest: this.#newest,
      same: kept.find(({ counter }) => counter === made.counter)?.statement ?? null,
      aboveSince: above.length > 0 ? Math.min(...above) : null,
    });
    if (verdict === "admitted") this.#newest = made;
    if (verdict === "admitted" || verdict === "late") {
      this.#seen.set(made.counter, { ...made, until: now + HANDSHAKE_MEMORY_MS });
    }
    return verdict;
  }

  /** To another segment: only how far the node had counted goes along. */
  move(): void {
    this.#seen = new Map();
  }

  release(now: number): void {
    this.#newest = newestOf(this.#newest, { counter: RELEASED, madeAt: now }, 0);
  }
}

/** A machine: what it signs, and how far its clock is off. */
class Machine {
  counter: number;
  readonly #name: string;
  readonly #skew: number;

  constructor(name: string, skew: number, counter = 0) {
    this.#name = name;
    this.#skew = skew;
    this.counter = counter;
  }

  sign(now: number): SignedHandshake {
    const counter = ++this.counter;
    return { counter, madeAt: now + this.#skew, statement: `${this.#name}/${counter}` };
  }
}

const skew = fc.integer({ min: -5 * MINUTE, max: 5 * MINUTE });
/** Milliseconds until the next handshake, the delays after which copies of it arrive, and whether the node moves then. */
const step = fc.record({
  pause: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 10 * MINUTE })),
  delays: fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 12 * MINUTE })), {
    maxLength: 3,
  }),
  moves: fc.boolean(),
});

/** What the hub made of everything, in the order in which it arrived. */
function history(skewMs: number, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const [hub, machine] = [new Hub(), new Machine("only", skewMs)];
  const events: { at: number; do: () => string }[] = [];
  let now = 1_000 * MINUTE;
  for (const { pause, delays, moves } of steps) {
    now += pause;
    const made = machine.sign(now);
    for (const delay of delays) {
      const at = now + delay;
      events.push({ at, do: () => hub.receive(made, at) });
    }
    if (moves) {
      events.push({
        at: now,
        do: () => {
          hub.move();
          return "moved";
        },
      });
    }
  }
  events.sort((a, b) => a.at - b.at);
  return events.map((event) => event.do());
}

describe("S-A4: one machine", () => {
  it("is never a clone, however its handshakes are delayed, repeated, reordered, or the node is moved", () => {
    fc.assert(
      fc.property(skew, fc.array(step, { maxLength: 30 }), (skewMs, steps) => {
        expect(history(skewMs, steps)).not.toContain("cloned");
      }),
      { seed: SEED, numRuns: drawn(500, 50_000) },
    );
  });

  it("opens a session with each handshake that comes before any newer one", () => {
    const [hub, machine] = [new Hub(), new Machine("only", 0)];
    const made = [1, 2, 3, 4, 5].map((second) => machine.sign(second * 1_000 + 1_000_000));
    const verdicts = [2, 0, 1, 4, 3, 4, 0].map((n) => hub.receive(made[n] as SignedHandshake, 1_010_000));
    expect(verdicts).toEqual(["admitted", "late", "late", "admitted", "late", "replayed", "replayed"]);
  });
});

describe("S-A4: a second machine on the same state", () => {
  it("is found by the first handshake of it that was signed after a newer one", () => {
    const hub = new Hub();
    const [first, copy] = [new Machine("first", 0), new Machine("copy", 0)];
    for (let n = 1; n <= 5; n++) expect(hub.receive(first.sign(n * MINUTE), n * MINUTE)).toBe("admitted");
    expect(hub.receive(copy.sign(6 * MINUTE), 6 * MINUTE)).toBe("cloned");
  });

  it("is found by a used counter also when it was signed earlier", () => {
    const hub = new Hub();
    const [first, copy] = [new Machine("first", 0), new Machine("copy", 0)];
    const early = copy.sign(1_000);
    expect(hub.receive(first.sign(2_000), 2_000)).toBe("admitted");
    expect(hub.receive(early, 3_000)).toBe("cloned");
  });

  it("is found when both go on, whatever their clocks say, whoever counts higher and however he dates it", () => {
    const parameters = [skew, skew, fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 5 * MINUTE })] as const;
    fc.assert(
      fc.property(...parameters, (mine, theirs, ahead, jump, pause) => {
        const hub = new Hub();
        const first = new Machine("first", mine);
        let now = 1_000 * MINUTE;
        for (let n = 0; n < ahead; n++) hub.receive(first.sign(now++), now);
        // The copy may be an older state, or an attacker who counts as he likes.
        const copy = new Machine("copy", theirs, jump);
        const verdicts: string[] = [];
        const end = now + 3 * SKEW + 2 * pause;
        while (now < end && !verdicts.includes("cloned")) {
          now += pause;
          verdicts.push(hub.receive(copy.sign(now), now), hub.receive(first.sign(now + 1), now + 1));
        }
        expect(verdicts).toContain("cloned");
      }),
      { seed: SEED, numRuns: drawn(300, 20_000) },
    );
  });
});

describe("how far a node had counted elsewhere", () => {
  const own = { counter: 5, madeAt: 500 };

  it("counts where it is further than here", () => {
    expect(newestOf(own, { counter: 7, madeAt: 300 }, 0)).toEqual({ counter: 7, madeAt: 300 });
    expect(newestOf(own, { counter: 4, madeAt: 900 }, 0)).toBe(own);
  });

  it("is forgotten by a release, once", () => {
    const released = { counter: RELEASED, madeAt: 400 };
    expect(newestOf(own, released, 0)).toBe(released);
    expect(newestOf(own, released, 400)).toBe(own);
  });
});

describe("after a release", () => {
  it("a state that was restored from a copy is let in with its low counter, and nothing old opens a session again", () => {
    const hub = new Hub();
    const first = new Machine("first", 0);
    const made = Array.from({ length: 9 }, (_, n) => first.sign(n * 1_000));
    for (const [n, one] of made.entries()) hub.receive(one, n * 1_000);
    const restored = new Machine("restored", 0, 2);
    expect(hub.receive(restored.sign(10_000), 10_000)).toBe("cloned");
    hub.release(11_000);
    expect(hub.receive(made[8] as SignedHandshake, 11_500)).toBe("replayed");
    expect(hub.receive(restored.sign(12_000), 12_000)).toBe("admitted");
    expect(hub.receive(first.sign(13_000), 13_000)).toBe("admitted");
    expect(hub.receive(restored.sign(14_000), 14_000)).toBe("cloned");
  });
});
