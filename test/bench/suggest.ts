import { suggest } from "../../shared/segments/suggest/suggestion.ts";
import { type Judgement, judge } from "../support/judge-suggestion.ts";
import { type Landscape, office, shops, watched } from "../support/landscapes.ts";
import { byNeighbours } from "./support/alike-neighbours.ts";
import { atLeast, atMost, type BenchResult } from "./support/result.ts";

/** Seeds that nothing was tuned on: those were below 1,000. */
const SEEDS = Array.from({ length: 10 }, (_, index) => 7_001 + index);
const NOISY = { seen: 0.6, chance: 0.05 } as const;
const CLEAN = { seen: 1, chance: 0 } as const;

/** 9,988 nodes in 2,498 roles. */
const LARGE_COPIES = 208;

/** Roles and rules from flows, with one method and one set of parameters for all landscapes. */
export default async function suggestions(): Promise<BenchResult> {
  const shop = shops(6, 4);
  const clean = of(shop, CLEAN, [1]);
  const noisy = of(shop, NOISY, SEEDS);
  const company = of(office(), NOISY, SEEDS.slice(0, 3));
  const peer = mean(SEEDS.map((seed) => judge(shop, byNeighbours(watched(shop, { ...NOISY, seed })))));
  const [cpu] = timed(shop, 1);
  const [largeCpu, large] = timed(shops(LARGE_COPIES, 4), SEEDS[0] ?? 0);
  return {
    metrics: {
      ...named("clean", clean),
      ...named("noisy", noisy),
      ...named("company_noisy", company),
      ...named("jaccard_noisy", peer),
      ...named("large_noisy", large),
      cpu_ms_292_nodes: cpu,
      cpu_ms_9988_nodes: largeCpu,
    },
    goals: [
      atLeast("clean: roles", clean.ari, "ARI", 0.9),
      atMost("clean: over-permission", clean.overPermission, "share", 0.03),
      atLeast("noisy: roles", noisy.ari, "ARI", 0.75),
      atLeast("noisy: coverage", noisy.coverage, "share", 0.96),
      atMost("noisy: over-permission", noisy.overPermission, "share", 0.15),
      atMost("noisy, 9,988 nodes: processor", largeCpu, "ms", 30_000),
    ],
  };
}

function timed(landscape: Landscape, seed: number): [cpuMs: number, judgement: Judgement] {
  const flows = watched(landscape, { ...NOISY, seed });
  const startedAt = process.cpuUsage();
  const suggestion = suggest(flows);
  const { user, system } = process.cpuUsage(startedAt);
  return [(user + system) / 1_000, judge(landscape, suggestion)];
}

const of = (landscape: Landscape, watch: { seen: number; chance: number }, seeds: readonly number[]) =>
  mean(seeds.map((seed) => judge(landscape, suggest(watched(landscape, { ...watch, seed })))));

function mean(judgements: readonly Judgement[]): Judgement {
  const of = (key: keyof Judgement) =>
    judgements.reduce((sum, judgement) => sum + judgement[key], 0) / judgements.length;
  return { ari: of("ari"), coverage: of("coverage"), overPermission: of("overPermission") };
}

const named = (prefix: string, { ari, coverage, overPermission }: Judgement) => ({
  [`${prefix}_ari`]: ari,
  [`${prefix}_coverage`]: coverage,
  [`${prefix}_over_permission`]: overPermission,
});
