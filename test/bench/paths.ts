import { existsSync } from "node:fs";
import { RELAY_COST_MS } from "../../shared/paths/relay-table.ts";
import { SHARED_DATA } from "../support/needs.ts";
import { savedAgainstHomeRelay } from "./support/paths/home-relay.ts";
import { type Latencies, readLatencies } from "./support/paths/latencies.ts";
import { type Distribution, hindsight, type Score } from "./support/paths/score.ts";
import { halves, type Walk, walk } from "./support/paths/walk.ts";
import { atLeast, atMost, type BenchResult, type Goal } from "./support/result.ts";

/** `--data DIR`: a folder with sets in the formats of `support/paths/latencies.ts`; `--quick`: the first slices only. */
const args = process.argv.slice(2);
const folder = args.includes("--data") ? (args[args.indexOf("--data") + 1] ?? "") : SHARED_DATA;
const QUICK_SLICES = { planetlab: 4, seattle: 60 } as Readonly<Record<string, number>>;

export const whyNot = (): string | null => (existsSync(folder) ? null : `has no folder ${folder}`);

/** Paths chosen on real round trips, each from what was measured before and paid afterwards. */
export default async function paths(): Promise<BenchResult> {
  const parts = readLatencies(folder).map(shortened).map(ofSet);
  return {
    metrics: Object.assign({}, ...parts.map(({ metrics }) => metrics)),
    goals: parts.flatMap(({ goals }) => goals),
  };
}

function shortened(set: Latencies): Latencies {
  return args.includes("--quick") ? { ...set, slices: set.slices.slice(0, QUICK_SLICES[set.name]) } : set;
}

function ofSet(set: Latencies): BenchResult {
  const home = savedAgainstHomeRelay(set, HOME_RELAYS);
  const homeGoal = atLeast(`${set.name}: near pairs, against a home relay`, home, "share saved", 0.25);
  const metrics = {
    [`${set.name}_saved_against_26_home_relays`]: home,
    [`${set.name}_saved_against_8_home_relays`]: savedAgainstHomeRelay(set, 8),
  };
  if (set.slices.length < 2) return { metrics, goals: [homeGoal] };
  const best = set.slices.map((slice) => hindsight(slice));
  const walked = walk(set, 1, best);
  const budgeted = BUDGETS.map((budget) => ({ budget, ...walk(set, budget, best) }));
  const { next, heldNext, later, changes } = walked;
  const half = halves(set, RELAY_COST_MS);
  const free = halves(set, 0);
  return {
    metrics: {
      ...metrics,
      ...figures(`${set.name}_100`, next),
      [`${set.name}_100_changes_per_pair_hour`]: (changes * 3_600) / set.secondsPerSlice,
      ...Object.assign(
        {},
        ...budgeted.map(({ budget, next, changes }) => ({
          ...figures(`${set.name}_${budget * 100}`, next),
          [`${set.name}_${budget * 100}_changes_per_pair_hour`]: (changes * 3_600) / set.secondsPerSlice,
        })),
      ),
      ...(later.isEmpty
        ? {}
        : { ...figures(`${set.name}_made_for_12`, later), ...figures(`${set.name}_held_for_12`, heldNext) }),
      ...heldFigures(`${set.name}_halves`, half),
      ...heldFigures(`${set.name}_halves_with_free_relays`, free),
    },
    goals: [...goalsOf(set.name, walked, half), homeGoal],
  };
}

/** The shares of the pairs that may be probed in a slice, beside all of them. */
const BUDGETS = [0.1, 0.02];
/** As many as Tailscale has regions. */
const HOME_RELAYS = 26;
/** What is asked of a set: the share captured with full probing. */
const CAPTURED = { planetlab: 0.75, seattle: 0.82 } as Readonly<Record<string, number>>;

function goalsOf(name: string, { next, later }: Walk, half: Score): Goal[] {
  const goals = [
    atLeast(`${name}: captured with full probing`, next.captured, "share", CAPTURED[name] ?? 0),
    atMost(`${name}: more than 5 % worse than direct`, next.regretted, "share", 0.02),
  ];
  if (name === "seattle") goals.push(atLeast(`${name}: saved 12 slices later`, later.saved, "share", 0));
  if (name === "planetlab")
    goals.push(
      atLeast(`${name}: saved in the second half`, half.saved, "share", 0.1),
      atLeast(`${name}: the same on the worst decile`, half.savedOnWorstDecile, "share", 0.18),
      atMost(`${name}: more than 5 % worse in the second half`, half.regretted, "share", 0.016),
    );
  return goals;
}

const figures = (prefix: string, score: Score) => ({
  [`${prefix}_captured`]: score.captured,
  [`${prefix}_regretted`]: score.regretted,
  [`${prefix}_hindsight_mean_ms`]: score.hindsightMs,
  ...prefixed(`${prefix}_direct`, score.direct),
  ...prefixed(`${prefix}_paid`, score.paid),
});

const heldFigures = (prefix: string, score: Score) => ({
  [`${prefix}_saved`]: score.saved,
  [`${prefix}_saved_on_worst_decile`]: score.savedOnWorstDecile,
  [`${prefix}_regretted`]: score.regretted,
  [`${prefix}_captured`]: score.captured,
});

const prefixed = (prefix: string, { mean, median, p95 }: Distribution) => ({
  [`${prefix}_mean_ms`]: mean,
  [`${prefix}_median_ms`]: median,
  [`${prefix}_p95_ms`]: p95,
});
