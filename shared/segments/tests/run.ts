import type { SegmentIndex } from "../types.ts";
import { type Judge, judgeOf, type Pair, type Witness } from "./judge.ts";
import type { Expected, TriedTarget, TriedTest } from "./mesh-test.ts";

/** What came of one target of a test. */
export interface Outcome {
  readonly expects: Expected;
  readonly target: TriedTarget;
  /**
   * `idle`: the selectors name no pair of nodes, so nothing was tried. `too_wide`: they name more different pairs than are
   * tried.
   */
  readonly result: "passed" | "failed" | "idle" | "too_wide";
  /** The first pair that fails. */
  readonly witness: Witness | null;
}

/** How many different pairs one target may try. */
const MOST_PAIRS = 50_000;

/**
 * Runs a test on the index that the configs are made of. `accept`: each node of `from` reaches each node of the target with
 * all of the traffic. `deny`: none reaches any, with any of it. Of a network behind routers, one of them counts. A rule with
 * a time that allows counts as holding, and one that denies as not holding, so the hour of the run means nothing.
 *
 * @param now Milliseconds since the Unix epoch. Rules that have ended count no more.
 */
export function runTest(index: SegmentIndex, { from, accept, deny }: TriedTest, now: number): Outcome[] {
  const sources = kin(index, index.namedBy(from));
  const run = (expects: Expected, targets: readonly TriedTarget[]) =>
    targets.map((target) => outcomeOf(index, sources, expects, target, now));
  return [...run("accept", accept), ...run("deny", deny)];
}

/** Nodes by what rules can tell them apart by. */
function kin(index: SegmentIndex, nodes: readonly string[]): string[][] {
  return [...Map.groupBy(nodes, (id) => index.kinOf(id)).values()];
}

function outcomeOf(
  index: SegmentIndex,
  sources: readonly (readonly string[])[],
  expects: Expected,
  target: TriedTarget,
  now: number,
): Outcome {
  const done = (result: Outcome["result"], witness: Witness | null = null) => ({
    expects,
    target,
    result,
    witness,
  });
  const judge = judgeOf(index, target, now)[expects];
  const { to } = target;
  const routers = to.kind === "subnet" ? index.namedBy(to).map((id) => [id]) : null;
  const nodes = routers || to.kind === "internet" ? [] : kin(index, index.namedBy(to));
  let tried = 0;
  for (const group of sources) {
    const exit = to.kind === "internet" && group[0] !== undefined ? index.exitOf(group[0]) : null;
    const among = routers ?? (exit === null ? nodes : [[exit]]);
    const found = pairsOf(group, among);
    tried += found.length;
    if (tried > MOST_PAIRS) return done("too_wide");
    const witnesses = judgedPairs(index, found, judge);
    const failing = witnesses.find((witness) => witness !== null);
    // A packet takes one of the routers, and which is not the rules' matter.
    const isOneEnough = routers !== null && expects === "accept";
    if (failing && !(isOneEnough && witnesses.includes(null))) return done("failed", failing);
  }
  return done(tried === 0 ? "idle" : "passed");
}

/** One pair for each two kinds of nodes. No node is a pair with itself. */
function pairsOf(sources: readonly string[], destinations: readonly (readonly string[])[]): Pair[] {
  return destinations.flatMap((group): Pair[] => {
    for (const source of sources.slice(0, 2)) {
      const destination = group.find((id) => id !== source);
      if (destination !== undefined) return [[source, destination]];
    }
    return [];
  });
}

/** For each pair: why the test fails for it, or null. */
function judgedPairs(index: SegmentIndex, pairs: readonly Pair[], judge: Judge): (Witness | null)[] {
  const bySource = new Map<string, ReturnType<SegmentIndex["verdictsFrom"]>>();
  return pairs.flatMap((pair) => {
    const [source, destination] = pair;
    const verdictsOf = bySource.get(source) ?? index.verdictsFrom(source);
    bySource.set(source, verdictsOf);
    const verdicts = verdictsOf?.(destination);
    return verdicts ? [judge(pair, verdicts)] : [];
  });
}
