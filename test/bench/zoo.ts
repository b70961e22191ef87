import { existsSync } from "node:fs";
import { join } from "node:path";
import { readZoo } from "../sim/topology-zoo.ts";
import { breakEach, emptyResult } from "../sim/zoo-failures.ts";
import { SHARED_DATA } from "../support/needs.ts";
import { randomFrom } from "../support/random.ts";
import { atMost, type BenchResult, percentile } from "./support/result.ts";

/** `--data DIR`: a folder of GraphML files; `--failures N`: so many of a graph are tried, or all. */
const args = process.argv.slice(2);
const argument = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const folder = argument("--data") ?? join(SHARED_DATA, "topology-zoo");
const most = Number(argument("--failures") ?? Number.POSITIVE_INFINITY);

export const whyNot = (): string | null => (existsSync(folder) ? null : `has no folder ${folder}`);

/** Single failures of nodes and links in real topologies, lived through by the real detector and recovery code. */
export default async function zoo(): Promise<BenchResult> {
  const random = randomFrom(1);
  const networks = readZoo(folder);
  const result = emptyResult();
  for (const { graph } of networks) breakEach(graph, { most, lived: 2 }, random, result);
  const { silentMs, lostPackets, planMs, stretch } = result;
  return {
    metrics: {
      networks: networks.length,
      failures: result.failures,
      pairs_affected: result.affected,
      pairs_cut_off: result.cut,
      pairs_lived_through: silentMs.length,
      ...spread("silent_ms", silentMs),
      ...spread("lost_packets_of_50_per_s", lostPackets),
      ...spread("plan_ms", planMs),
      ...spread("stretch_on_the_spare", stretch),
    },
    goals: [
      atMost("circles, or paths over what failed", result.wrong, "pairs", 0),
      atMost("cut off although a path is left", result.forgotten, "pairs", 0),
      atMost("silence, 95 of 100", percentile(silentMs, 0.95), "ms", 5_000),
      atMost("silence, worst", percentile(silentMs, 1), "ms", 10_000),
    ],
  };
}

const spread = (name: string, samples: readonly number[]) => ({
  [`${name}_p50`]: percentile(samples, 0.5),
  [`${name}_p95`]: percentile(samples, 0.95),
  [`${name}_worst`]: percentile(samples, 1),
});
