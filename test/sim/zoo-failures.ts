import { type Graph, NOTHING, type Outage } from "../../shared/paths/graph.ts";
import { effectOf, isBroken, type Plan, plan } from "../../shared/paths/recovery.ts";
import { pathFrom, shortestTo, type Tree } from "../../shared/paths/shortest.ts";
import { detectionMs, livesThrough } from "./failure-run.ts";

/** What came of the failures of single nodes and links. */
export interface ZooResult {
  failures: number;
  affected: number;
  cut: number;
  /** Pairs whose plan leads in a circle or over what is out of order; none may. */
  wrong: number;
  /** Pairs that the plan cut off although a path is left; none may be. */
  forgotten: number;
  readonly silentMs: number[];
  readonly lostPackets: number[];
  readonly planMs: number[];
  /** The length of the path that a pair lives on until the new plan, against the shortest one that is left. */
  readonly stretch: number[];
}

export const emptyResult = (): ZooResult => ({
  failures: 0,
  affected: 0,
  cut: 0,
  wrong: 0,
  forgotten: 0,
  silentMs: [],
  lostPackets: [],
  planMs: [],
  stretch: [],
});

/**
 * Breaks nodes and links of a graph, one at a time.
 * @param most about so many of the failures are tried, drawn evenly
 * @param lived so many of the pairs that a failure touches are simulated
 */
export function breakEach(
  graph: Graph,
  { most, lived }: { readonly most: number; readonly lived: number },
  random: () => number,
  result: ZooResult,
): void {
  const outages: Outage[] = [
    ...Array.from({ length: graph.nodes }, (_, node) => ({
      nodes: new Set([node]),
      links: new Set<number>(),
    })),
    ...graph.links.map((_, link) => ({ nodes: new Set<number>(), links: new Set([link]) })),
  ];
  const before = Array.from({ length: graph.nodes }, (_, to) => shortestTo(graph, to));
  const taken = outages.filter(() => random() < most / outages.length);
  for (const outage of taken) breakOne(graph, before, outage, lived, random, result);
}

function breakOne(
  graph: Graph,
  before: readonly Tree[],
  outage: Outage,
  lived: number,
  random: () => number,
  result: ZooResult,
): void {
  result.failures++;
  const touched: (readonly [from: number, to: number])[] = [];
  const startedAt = performance.now();
  const after = before.map((tree, to) =>
    isTouched(graph, tree, outage) ? shortestTo(graph, to, outage) : tree,
  );
  result.planMs.push(performance.now() - startedAt);
  before.forEach((tree, to) => {
    const fresh = after[to] as Tree;
    if (fresh === tree) return;
    for (let from = 0; from < graph.nodes; from++) {
      const was = pathFrom(tree, from);
      if (from === to || outage.nodes.has(from) || outage.nodes.has(to) || !was) continue;
      const now = pathFrom(fresh, from);
      if (now && new Set(now).size !== now.length) result.wrong++;
      if (now && isBroken(graph, now, outage)) result.wrong++;
      if (!isBroken(graph, was, outage)) continue;
      if (now) touched.push([from, to]);
      else result.cut++;
      result.affected++;
    }
  });
  const [node] = outage.nodes;
  const observers = node === undefined ? 2 : degree(graph, node);
  for (let count = 0; count < Math.min(lived, touched.length); count++) {
    const [from, to] = touched[Math.floor(random() * touched.length)] as readonly [number, number];
    live(graph, from, to, after[to] as Tree, outage, observers, random, result);
  }
}

function live(
  graph: Graph,
  from: number,
  to: number,
  fresh: Tree,
  outage: Outage,
  observers: number,
  random: () => number,
  result: ZooResult,
): void {
  const planned = plan(graph, from, to, NOTHING);
  const replanned: Plan = { primary: pathFrom(fresh, from), spare: null };
  const effect = effectOf(graph, planned, replanned, outage);
  if (effect === "cut" || effect === "none") result.forgotten++;
  const { silentMs, lostPackets } = livesThrough(
    graph,
    planned,
    replanned,
    outage,
    detectionMs(observers, random),
    random,
  );
  result.silentMs.push(silentMs);
  result.lostPackets.push(lostPackets);
  if (effect === "switches" && planned.spare)
    result.stretch.push(lengthOf(graph, planned.spare) / (fresh.ms[from] as number));
}

const degree = (graph: Graph, node: number): number =>
  (graph.starts[node + 1] as number) - (graph.starts[node] as number);

const lengthOf = (graph: Graph, path: readonly number[]): number =>
  path.slice(1).reduce((sum, node, index) => sum + stepMs(graph, path[index] as number, node), 0);

/** The shortest link between two neighbours: ms. */
function stepMs(graph: Graph, node: number, next: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let place = graph.starts[node] as number; place < (graph.starts[node + 1] as number); place++)
    if (graph.neighbours[place] === next)
      least = Math.min(least, graph.links[graph.linkOf[place] as number]?.ms ?? least);
  return least;
}

/** Whether any shortest path of a tree goes over what is out of order. */
function isTouched(graph: Graph, tree: Tree, outage: Outage): boolean {
  for (const node of outage.nodes) if (tree.next.includes(node)) return true;
  return [...outage.links].some((number) => {
    const link = graph.links[number];
    return link !== undefined && (tree.next[link.a] === link.b || tree.next[link.b] === link.a);
  });
}
