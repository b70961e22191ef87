import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PathOptimiser } from "../../shared/paths/optimiser.ts";
import { churn } from "../sim/churn.ts";
import { syntheticMesh } from "../sim/synthetic-mesh.ts";
import { randomFrom } from "../support/random.ts";
import { atMost, type BenchResult, type Goal, median } from "./support/result.ts";
import { shortestPathMs } from "./support/shortest-paths.ts";

const RELAYS = 64;
const PAIRS_PER_NODE = 20;
const SIZES = [1_000, 3_000, 10_000];
const UPDATES = 5_000;

/** `--churn SECONDS`: the largest mesh also lives for so many virtual seconds. */
const args = process.argv.slice(2);
const seconds = args.includes("--churn") ? Number(args[args.indexOf("--churn") + 1]) : 0;

/** The optimiser on meshes of three sizes, with 20 active pairs for a node; the goals are those of the largest. */
export default async function mesh(): Promise<BenchResult> {
  const measured = SIZES.map(measure);
  const metrics = Object.assign(
    {},
    ...measured.map((figures) =>
      Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${name}_${figures.nodes}`, value])),
    ),
  );
  const largest = measured.at(-1) as Figures;
  const lived = live(SIZES.at(-1) ?? 0);
  return {
    metrics: { ...metrics, ...growth(measured), ...lived.metrics },
    goals: [
      ...lived.goals,
      atMost("incremental update", largest.update_ms, "ms", 1),
      atMost("full optimisation", largest.full_ms, "ms", 2_000),
      atMost("memory", largest.memory_mb, "MB", 128),
      atMost("re-plan of a relay's pairs, for 10,000", largest.failure_ms_per_10000, "ms", 100),
    ],
  };
}

/** How many times the cost of the smallest mesh the largest, which has ten times the nodes, takes. */
function growth(measured: readonly Figures[]) {
  const [first, last] = [measured[0] as Figures, measured.at(-1) as Figures];
  return {
    growth_update: last.update_ms / first.update_ms,
    growth_full: last.full_ms / first.full_ms,
    growth_memory: last.memory_mb / first.memory_mb,
    growth_shortest: last.shortest_ms / first.shortest_ms,
    growth_shortest_by_graphology: last.shortest_by_graphology_ms / first.shortest_by_graphology_ms,
  };
}

function live(nodes: number): { metrics: Record<string, number>; goals: Goal[] } {
  if (seconds === 0) return { metrics: {}, goals: [] };
  let result = { moved: 0, failures: 0, onFailed: 0 };
  const tookMs = timed(() => {
    result = churn(nodes, seconds, 1);
  });
  return {
    metrics: {
      churn_virtual_s: seconds,
      churn_took_s: tookMs / 1_000,
      churn_moved: result.moved,
      churn_relay_failures: result.failures,
    },
    goals: [atMost("churn: pairs found on a failed relay", result.onFailed, "pairs", 0)],
  };
}

type Figures = ReturnType<typeof measure>;

/** Times are of the processor, medians of five runs or of all updates. */
function measure(nodes: number) {
  const runs = [1, 2, 3, 4, 5].map((seed) => measureOnce(nodes, seed));
  const of = (key: keyof (typeof runs)[number]) => median(runs.map((run) => run[key]));
  return {
    nodes,
    ...shortestPathMs(nodes, 1),
    update_ms: of("update"),
    full_ms: of("full"),
    memory_mb: of("memory"),
    failure_ms: of("failure"),
    failure_pairs: of("carried"),
    failure_ms_per_10000: median(runs.map(({ failure, carried }) => (failure / carried) * 10_000)),
  };
}

function measureOnce(nodes: number, seed: number) {
  const before = bytes();
  const { pairs, table } = syntheticMesh({ nodes, pairs: nodes * PAIRS_PER_NODE, relays: RELAYS, seed });
  const optimiser = new PathOptimiser(nodes, pairs, table, (nodes * PAIRS_PER_NODE) / RELAYS);
  const memory = (bytes() - before) / 1e6;
  const full = timed(() => optimiser.optimise(1));
  const random = randomFrom(seed);
  const update =
    timed(() => {
      for (let count = 0; count < UPDATES; count++) {
        const [node, relay] = [Math.floor(random() * nodes), Math.floor(random() * RELAYS)];
        const ms = 1 + random() * 150;
        table.set(node, relay, ms, ms);
        optimiser.legChanged(node);
      }
    }) / UPDATES;
  const busiest = optimiser.load.indexOf(Math.max(...optimiser.load));
  const carried = optimiser.load[busiest] as number;
  const failure = timed(() => optimiser.takeOut(busiest));
  return { update, full, memory, failure, carried };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is held after garbage was collected. */
const bytes = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

function timed(work: () => unknown): number {
  const startedAt = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / 1_000;
}
