import { type Graph, type Link, NOTHING, type Outage } from "../../shared/paths/graph.ts";
import { effectOf, isLinked, type Plan, plan } from "../../shared/paths/recovery.ts";
import { cutOff, pathFrom, repaired, shortestTo, type Tree } from "../../shared/paths/shortest.ts";
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
  const startedAt = performance.now();
  const after = before.map((tree, to) => repaired(graph, tree, to, outage));
  result.planMs.push(performance.now() - startedAt);
  const drawn: (readonly [from: number, to: number])[] = [];
  let rescued = 0;
  const isDoubled = [...outage.links].some((link) => isStepUp(graph, link, outage));
  before.forEach((tree, to) => {
    if (outage.nodes.has(to)) return;
    const fresh = after[to] as Tree;
    result.wrong += wrongIn(graph, fresh, to, outage);
    if (isDoubled) return;
    const isCut = cutOff(graph, tree, outage);
    for (let from = 0; from < graph.nodes; from++) {
      if (from === to || outage.nodes.has(from) || !isCut[from]) continue;
      result.affected++;
      if (fresh.ms[from] === Number.POSITIVE_INFINITY) {
        result.cut++;
        continue;
      }
      // Each pair is drawn with the same likelihood (Vitter 1985: reservoir sampling).
      const place = Math.floor(random() * ++rescued);
      if (drawn.length < lived) drawn.push([from, to]);
      else if (place < lived) drawn[place] = [from, to];
    }
  });
  const [node] = outage.nodes;
  const observers = node === undefined ? 2 : degree(graph, node);
  for (const [from, to] of drawn) live(graph, from, to, after[to] as Tree, outage, observers, random, result);
}

/** Whether another link between the same two nodes is up, so that no packet is lost. */
function isStepUp(graph: Graph, link: number, outage: Outage): boolean {
  const { a, b } = graph.links[link] as Link;
  return isLinked(graph, a, b, outage);
}

/** How many nodes have a path that comes back to itself, ends elsewhere or steps onto what is out of order. */
function wrongIn(graph: Graph, { next, ms }: Tree, to: number, outage: Outage): number {
  const arrives = new Int8Array(graph.nodes);
  arrives[to] = 1;
  let wrong = 0;
  for (let from = 0; from < graph.nodes; from++) {
    if (ms[from] === Number.POSITIVE_INFINITY) continue;
    const walked: number[] = [];
    let node = from;
    while (node !== -1 && arrives[node] === 0) {
      arrives[node] = -1;
      walked.push(node);
      const step = next[node] as number;
      node = step === -1 || outage.nodes.has(step) || !isLinked(graph, node, step, outage) ? -1 : step;
    }
    const isRight = node !== -1 && arrives[node] === 1;
    for (const passed of walked) arrives[passed] = isRight ? 1 : -1;
    if (!isRight) wrong++;
  }
  return wrong;
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
