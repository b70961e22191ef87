import { describe, expect, it } from "vitest";
import { diagnose, type Fault, type Finding } from "../../../shared/paths/diagnosis.ts";
import { counted, NO_DURATIONS, together } from "../../../shared/paths/durations.ts";
import { Evidence } from "../../../shared/paths/evidence.ts";
import { confirmed, type Failure, noteFaults } from "../../../shared/paths/failures.ts";

const says = (observer: string, subject: string, isHeard: boolean, isAnswering = isHeard): Finding => ({
  ...{ observer, subject, by: "direct", isHeard, isAnswering },
});
const down = (node: string): Fault => ({ kind: "node_down", node });
const of = (fault: Fault, ...observers: string[]) => ({ fault, observers });

describe("evidence", () => {
  it("names the subjects of which an observer says something new, and those alone", () => {
    const evidence = new Evidence();
    expect(evidence.note("a", [says("a", "b", true), says("a", "c", true)])).toEqual(["b", "c"]);
    expect(evidence.note("a", [says("a", "b", true), says("a", "c", false)])).toEqual(["c"]);
    expect(evidence.note("a", [says("a", "c", false)])).toEqual(["b"]);
    expect([evidence.silentWith(["a"]), evidence.silentWith(["c"])]).toEqual([["c"], ["a"]]);
  });

  it("does not take old answers of a dead node for a loss in one direction", () => {
    const evidence = new Evidence();
    evidence.note("dead", [says("dead", "a", true), says("dead", "b", true)]);
    for (const node of ["a", "b"]) evidence.note(node, [says(node, "dead", false)]);
    const faults = diagnose(evidence.about(["dead", "a", "b"]), new Map([["dead", false]]));
    expect(faults).toEqual([down("dead")]);
    expect(evidence.observersOf(down("dead"))).toEqual(["a", "b"]);
  });

  it("takes nobody for answered whom the one that answers does not hear", () => {
    const evidence = new Evidence();
    evidence.note("a", [says("a", "b", true, true)]);
    expect(evidence.about(["a"])).toHaveLength(1);
    evidence.note("b", [says("b", "a", false)]);
    expect(evidence.about(["a", "b"])).toEqual([says("b", "a", false)]);
  });

  it("tells a loss in one direction by both ends", () => {
    const evidence = new Evidence();
    evidence.note("a", [says("a", "b", true, false), says("a", "c", true)]);
    evidence.note("b", [says("b", "a", false), says("b", "c", true)]);
    evidence.note("c", [says("c", "a", true), says("c", "b", true)]);
    const [fault] = diagnose(evidence.about(["a", "b"]), new Map());
    expect(fault).toEqual({ kind: "one_way_loss", from: "a", to: "b" });
  });

  it("asks no more than so many observers of one subject", () => {
    const evidence = new Evidence();
    for (let n = 0; n < 1_000; n++) evidence.note(`n${n}`, [says(`n${n}`, "hub", n % 2 === 0)]);
    expect(evidence.about(["hub"]).length).toBeLessThanOrEqual(64);
  });
});

describe("failures", () => {
  const all = new Set(["a", "b", "c"]);

  it("are suspected first, and certain sooner the more observers there are", () => {
    const [one] = noteFaults([], [of(down("a"), "b")], all, 0) as [Failure];
    expect(confirmed(one, 7_900).confirmedAt).toBeNull();
    expect(confirmed(one, 8_000).confirmedAt).toBe(8_000);
    const [four] = noteFaults([one], [of(down("a"), "b", "c", "d", "e")], all, 1_000) as [Failure];
    expect(four).toMatchObject({ suspectedAt: 0, observers: ["b", "c", "d", "e"], confirmedAt: null });
    expect(confirmed(four, 1_500).confirmedAt).toBe(1_500);
  });

  it("end when they are diagnosed no more, and are forgotten if they never were certain", () => {
    const open = noteFaults([], [of(down("a"), "b", "c"), of(down("b"), "c")], all, 0);
    expect(noteFaults(open, [], all, 1_000)).toEqual([]);
    expect(noteFaults(open, [], all, 20_000)).toMatchObject([
      { node: "a", endedAt: 20_000 },
      { node: "b", endedAt: 20_000 },
    ]);
    // Nobody looked at them.
    expect(noteFaults(open, [], new Set(["c"]), 20_000).every(({ endedAt }) => endedAt === null)).toBe(true);
  });

  it("stay the same one when the hub misses the node, too", () => {
    const open = noteFaults([], [of({ kind: "unreachable", node: "a" }, "b", "c")], all, 0);
    const [failure, ...others] = noteFaults(open, [of(down("a"), "b", "c")], all, 60_000);
    expect([failure, others]).toMatchObject([{ kind: "node_down", suspectedAt: 0 }, []]);
  });

  it("are bounded, whatever is reported", () => {
    let failures: Failure[] = [];
    for (let n = 0; n < 2_000; n++)
      failures = noteFaults(failures, [of(down(`n${n}`), "x")], new Set([`n${n}`]), n);
    expect(failures).toHaveLength(500);
    // Each ends with the next one, and both were certain.
    for (let n = 0; n < 800; n++)
      failures = noteFaults(failures, [of(down(`m${n}`), "x")], new Set([`m${n}`, `m${n - 1}`]), n * 60_000);
    expect(failures.filter(({ endedAt }) => endedAt !== null)).toHaveLength(300);
    const observers = (from: number) => Array.from({ length: 20 }, (_, at) => `o${from + at}`);
    const crowd = [of(down("z"), ...observers(0))];
    const [seen] = noteFaults([], crowd, new Set(["z"]), 0) as [Failure];
    const [again] = noteFaults([seen], [of(down("z"), ...observers(20))], new Set(["z"]), 1) as [Failure];
    expect([seen.observers.length, again.observers.length]).toEqual([8, 8]);
  });
});

it("durations only grow, and are summed over segments", () => {
  const one = counted(counted(NO_DURATIONS, 1_500), 5_000_000);
  expect(one).toEqual({ counts: [0, 1, 0, 0, 0, 0, 0, 0, 1], sumSeconds: 5_001.5 });
  expect(together([one, one]).counts.at(-1)).toBe(2);
  // What lasted as long as a bound says counts for that bound.
  expect(counted(NO_DURATIONS, 2_000).counts.indexOf(1)).toBe(1);
});
