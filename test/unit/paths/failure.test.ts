import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrived, firstArrival, phi } from "../../../shared/paths/accrual.ts";
import { diagnose, type Finding } from "../../../shared/paths/diagnosis.ts";
import { CALM, faded, failed } from "../../../shared/paths/flapping.ts";
import {
  answered,
  decide,
  type PathWatch,
  PROBE_EVERY_MS,
  watchPaths,
} from "../../../shared/paths/path-watch.ts";
import { ALIVE, heard, patienceMs, settled, silent } from "../../../shared/paths/suspicion.ts";
import { lossyPaths } from "../../sim/lossy-paths.ts";
import { drawn, SEED } from "../../support/sample.ts";

describe("phi", () => {
  it("rises with the silence and falls with a sign of life", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 50 }),
        fc.nat(60_000),
        (gaps, wait) => {
          let at = 0;
          let arrivals = firstArrival(0, 500);
          for (const gap of gaps) {
            at += gap;
            arrivals = arrived(arrivals, at);
          }
          const now = phi(arrivals, at + wait);
          expect(now).toBeGreaterThanOrEqual(0);
          expect(phi(arrivals, at + wait + 1_000)).toBeGreaterThan(now);
          expect(phi(arrived(arrivals, at + wait + 1), at + wait + 1)).toBeLessThan(1);
        },
      ),
    );
  });

  it("takes the rhythm of the path: the same silence says less where signs of life come seldom", () => {
    const phiAt = (interval: number) => {
      let arrivals = firstArrival(0, 500);
      for (let beat = 1; beat <= 100; beat++) arrivals = arrived(arrivals, beat * interval);
      return phi(arrivals, 100 * interval + 4_000);
    };
    expect(phiAt(500)).toBeGreaterThan(8);
    expect(phiAt(2_000)).toBeLessThan(2);
  });

  it("does not mind clocks that jump back", () => {
    const arrivals = arrived(firstArrival(10_000, 500), 10_500);
    expect(arrived(arrivals, 3_000)).toBe(arrivals);
    expect(phi(arrivals, 3_000)).toBeLessThan(0.01);
  });
});

describe("suspicion", () => {
  it("comes before death, and the sooner ends the more observers agree", () => {
    let suspicion = silent(ALIVE, "a", 0);
    expect(settled(suspicion, patienceMs(1) - 1).state).toBe("suspected");
    expect(settled(suspicion, patienceMs(1)).state).toBe("dead");
    suspicion = silent(silent(suspicion, "b", 100), "c", 200);
    expect(settled(suspicion, patienceMs(3)).state).toBe("dead");
    expect(patienceMs(3)).toBeLessThan(patienceMs(2));
    expect(patienceMs(9)).toBe(patienceMs(4));
  });

  it("is not hastened by one observer who says it again and again", () => {
    let suspicion = ALIVE;
    for (let now = 0; now < patienceMs(1); now += 100) suspicion = silent(suspicion, "liar", now);
    expect(suspicion).toEqual({ state: "suspected", since: 0, by: ["liar"] });
  });

  it("ends with a sign of life", () => {
    expect(settled(heard(), 1e9)).toEqual(ALIVE);
  });
});

describe("flapping", () => {
  it("rests what fails three times in a row, and ends the rest some minutes after the last failure", () => {
    let flapping = CALM;
    for (const at of [10_000, 30_000, 50_000]) flapping = failed(flapping, at);
    expect(flapping.isResting).toBe(true);
    expect(faded(flapping, 50_000 + 4 * 60_000).isResting).toBe(true);
    expect(faded(flapping, 50_000 + 10 * 60_000).isResting).toBe(false);
  });

  it("leaves alone what fails once an hour", () => {
    let flapping = CALM;
    for (let hour = 1; hour < 100; hour++) flapping = failed(flapping, hour * 3_600_000);
    expect(flapping.isResting).toBe(false);
  });
});

const NODES = ["a", "b", "c", "d", "e"] as const;
const hub = (...away: string[]) =>
  new Map<string, boolean>(NODES.map((node) => [node, !away.includes(node)]));
/** Everybody tries everybody; `isLost` says what gets no answer. */
const mesh = (isLost: (observer: string, subject: string) => boolean): Finding[] =>
  NODES.flatMap((observer) =>
    NODES.filter((subject) => subject !== observer).map((subject) => ({
      observer,
      subject,
      by: "direct" as const,
      isHeard: !isLost(observer, subject),
    })),
  );

describe("what is broken", () => {
  it("is nothing where all hear all", () => {
    expect(
      diagnose(
        mesh(() => false),
        hub(),
      ),
    ).toEqual([]);
  });

  it("is a node, when neither the hub nor any peer hears it", () => {
    const findings = mesh((observer, subject) => observer === "a" || subject === "a");
    expect(
      diagnose(
        findings.filter(({ observer }) => observer !== "a"),
        hub("a"),
      ),
    ).toEqual([{ kind: "node_down", node: "a" }]);
  });

  it("is the path to the hub alone, when peers hear the node", () => {
    expect(
      diagnose(
        mesh(() => false),
        hub("a"),
      ),
    ).toEqual([{ kind: "cut_off_from_hub", node: "a" }]);
  });

  it("is no node's death when only the hub could tell, or does not say", () => {
    const silentOfA = mesh((_, subject) => subject === "a").filter(({ observer }) => observer !== "a");
    expect(diagnose(silentOfA, hub())).toEqual([{ kind: "unreachable", node: "a" }]);
    expect(diagnose(silentOfA, new Map())).toEqual([{ kind: "unreachable", node: "a" }]);
    expect(diagnose([], hub("a"))).toEqual([]);
  });

  it("is the reporter, when it hears nobody of whom others hear all", () => {
    expect(
      diagnose(
        mesh((observer) => observer === "a"),
        hub(),
      ),
    ).toEqual([{ kind: "reporter_sick", node: "a" }]);
  });

  it("is a link, when two do not hear each other and others hear both", () => {
    const isCut = (one: string, other: string) => [one, other].sort().join("") === "ab";
    expect(diagnose(mesh(isCut), hub())).toEqual([{ kind: "link_down", from: "a", to: "b" }]);
  });

  it("is one direction, when one of two still hears the other", () => {
    const findings = mesh((observer, subject) => observer === "b" && subject === "a");
    expect(diagnose(findings, hub())).toEqual([{ kind: "one_way_loss", from: "a", to: "b" }]);
  });

  const byRelay = (observer: string, subject: string, isHeard: boolean): Finding => ({
    observer,
    subject,
    by: { relay: "e" },
    isHeard,
  });

  it("is a relay that answers for itself and forwards nothing", () => {
    const all = mesh(() => false);
    const none = [byRelay("a", "b", false), byRelay("c", "d", false)];
    expect(diagnose([...all, ...none], hub())).toEqual([{ kind: "relay_down", node: "e" }]);
    expect(diagnose([...all, ...none, byRelay("b", "c", true)], hub())).toEqual([]);
    expect(diagnose([...all, byRelay("a", "b", false), byRelay("a", "c", false)], hub())).toEqual([]);
  });

  it("is a gateway that is online and does not forward", () => {
    const through = (observer: string, isHeard: boolean): Finding => ({
      observer,
      subject: "e",
      by: "through",
      isHeard,
    });
    expect(diagnose([...mesh(() => false), through("a", false), through("b", false)], hub())).toEqual([
      { kind: "not_forwarding", node: "e" },
    ]);
    expect(diagnose([...mesh(() => false), through("a", false), through("b", true)], hub())).toEqual([]);
  });

  it("is nothing that one liar can make of others, whatever it says", () => {
    const lies = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(lies, (said) => {
        const honest = mesh(() => false).filter(({ observer }) => observer !== "a");
        const lied = mesh(() => false)
          .filter(({ observer }) => observer === "a")
          .flatMap((finding, index) => [
            { ...finding, isHeard: said[index] as boolean },
            { ...finding, by: { relay: "b" }, isHeard: said[index + 4] as boolean },
          ]);
        const blamed = diagnose([...honest, ...lied], hub()).filter(
          (fault) => !JSON.stringify(fault).includes('"a"'),
        );
        expect(blamed).toEqual([]);
      }),
    );
  });
});

describe("moving to a spare", () => {
  /** Both paths are probed; `isUp` says which answers when. */
  function run(
    ms: number,
    isUp: (path: number, at: number) => boolean,
    start = watchPaths(3, 0),
  ): PathWatch[] {
    let watch: PathWatch = start;
    const seen: PathWatch[] = [];
    for (let at = PROBE_EVERY_MS; at <= ms; at += PROBE_EVERY_MS) {
      for (const path of watch.paths.keys()) if (isUp(path, at)) watch = answered(watch, path, at);
      watch = decide(watch, at);
      seen.push(watch);
    }
    return seen;
  }
  const inUse = (watches: readonly PathWatch[], at: number) => watches[at / PROBE_EVERY_MS - 1]?.inUse;

  it("happens within five seconds of silence, to the first spare that answers, and back when the path is well again", () => {
    const watches = run(90_000, (path, at) => (path === 0 ? at < 20_000 || at > 40_000 : path === 2));
    expect(inUse(watches, 20_000)).toBe(0);
    expect(inUse(watches, 25_000)).toBe(2);
    expect(inUse(watches, 54_000)).toBe(2);
    expect(inUse(watches, 57_000)).toBe(0);
  });

  it("does not happen when nothing answers", () => {
    expect(
      inUse(
        run(60_000, (_, at) => at < 20_000),
        60_000,
      ),
    ).toBe(0);
  });

  it("leaves a path that flaps alone", () => {
    const flaps = (at: number) => at % 60_000 < 30_000;
    const watches = run(600_000, (path, at) => path === 1 || (path === 0 && flaps(at)));
    const moves = watches.filter((watch, index) => index > 0 && watch.inUse !== watches[index - 1]?.inUse);
    expect(moves.length).toBeLessThanOrEqual(5);
    expect(watches.at(-1)?.inUse).toBe(1);
  });
});

describe("false moves", () => {
  it("are fewer than one for a path and day at 5 % loss with bursts", () => {
    const { moves, pathDays, lossShare } = lossyPaths({ days: drawn(4, 60), seed: SEED });
    expect(lossShare).toBeGreaterThan(0.045);
    expect(moves / pathDays).toBeLessThan(1);
  });

  it("would be seen: a path that falls silent for five seconds is left", () => {
    const { moves } = lossyPaths({ days: 0.05, seed: SEED, burstMs: 5_000 });
    expect(moves).toBeGreaterThan(0);
  });
});
