import { UndirectedGraph } from "graphology";
import { dijkstra } from "graphology-shortest-path";
import { Graph } from "../../../shared/paths/graph.ts";
import { shortestTo } from "../../../shared/paths/shortest.ts";
import { randomFrom } from "../../support/random.ts";
import { median } from "./result.ts";

const LINKS_PER_NODE = 5;
const TARGETS = 15;

/**
 * The shortest paths between one node and all others in one random graph, by our code and by graphology: ms of the processor, medians of
 * fifteen nodes. Both must find paths to as many nodes.
 */
export function shortestPathMs(nodes: number, seed: number) {
  const random = randomFrom(seed);
  const links = new Map<string, { a: number; b: number; ms: number }>();
  for (let a = 0; a < nodes; a++)
    for (let count = 0; count < LINKS_PER_NODE; count++) {
      const b = Math.floor(random() * nodes);
      if (a !== b) links.set(`${Math.min(a, b)} ${Math.max(a, b)}`, { a, b, ms: 1 + random() * 100 });
    }
  const own = new Graph(nodes, [...links.values()]);
  const other = new UndirectedGraph();
  for (let node = 0; node < nodes; node++) other.addNode(node);
  for (const { a, b, ms } of links.values()) other.addEdge(a, b, { weight: ms });
  const runs = Array.from({ length: TARGETS }, (_, target) => {
    const [ours, tree] = timed(() => shortestTo(own, target));
    const [graphology, paths] = timed(() => dijkstra.singleSource(other, String(target)));
    const reached = tree.ms.filter(Number.isFinite).length;
    if (reached !== Object.keys(paths).length) throw new Error("Both reach different nodes.");
    return { ours, graphology };
  });
  return {
    shortest_ms: median(runs.map(({ ours }) => ours)),
    shortest_by_graphology_ms: median(runs.map(({ graphology }) => graphology)),
  };
}

function timed<T>(work: () => T): readonly [ms: number, result: T] {
  const startedAt = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(startedAt);
  return [(user + system) / 1_000, result];
}
