import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PathOptimiser } from "../../shared/paths/optimiser.ts";
import { syntheticMesh } from "../sim/synthetic-mesh.ts";
import { randomFrom } from "../support/random.ts";
import { atMost, type BenchResult, median } from "./support/result.ts";

const RELAYS = 64;
const PAIRS_PER_NODE = 20;
const SIZES = [1_000, 3_000, 10_000];
const UPDATES = 5_000;

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
  return {
    metrics,
    goals: [
      atMost("incremental update", largest.update_ms, "ms", 1),
      atMost("full optimisation", largest.full_ms, "ms", 2_000),
      atMost("memory", largest.memory_mb, "MB", 128),
      atMost("re-plan of a relay's pairs, for 10,000", largest.failure_ms_per_10000, "ms", 100),
    ],
  };
}

type Figures = ReturnType<typeof measure>;

/** Times are of the processor, medians of five runs or of all updates. */
function measure(nodes: number) {
  const runs = [1, 2, 3, 4, 5].map((seed) => measureOnce(nodes, seed));
  const of = (key: keyof (typeof runs)[number]) => median(runs.map((run) => run[key]));
  return {
    nodes,
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
