import { Graph, type Outage } from "./graph.ts";
import { pathFrom, shortestTo } from "./shortest.ts";

/** A path in use, and one that shares as little with it as can be: nodes from end to end, null where there is none. */
export interface Plan {
  readonly primary: readonly number[] | null;
  readonly spare: readonly number[] | null;
}

/** Plans a pair. Ends aside, the spare shares no node with the primary wherever the graph allows that. */
export function plan(graph: Graph, from: number, to: number, outage: Outage): Plan {
  const primary = pathFrom(shortestTo(graph, to, outage), from);
  if (!primary) return { primary: null, spare: null };
  const spare = pathFrom(shortestTo(avoiding(graph, primary), to, outage), from);
  return { primary, spare: spare && isSame(spare, primary) ? null : spare };
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((node, index) => node === other[index]);

/** The graph in which every step onto or along a path costs more than any path without such a step. */
function avoiding(graph: Graph, path: readonly number[]): Graph {
  const between = new Set(path.slice(1, -1));
  const steps = new Set(path.slice(1).map((node, index) => stepOf(path[index] as number, node)));
  const more = 1 + graph.links.reduce((sum, { ms }) => sum + ms, 0);
  return new Graph(
    graph.nodes,
    graph.links.map(({ a, b, ms }) => {
      const onto = (between.has(a) ? 1 : 0) + (between.has(b) ? 1 : 0) + (steps.has(stepOf(a, b)) ? 1 : 0);
      return { a, b, ms: ms + more * onto };
    }),
  );
}

const stepOf = (a: number, b: number): string => `${Math.min(a, b)} ${Math.max(a, b)}`;

/** Whether an outage breaks a path. A step is up as long as one of the links between its two nodes is. */
export function isBroken(graph: Graph, path: readonly number[], outage: Outage): boolean {
  return path.some((node, index) => {
    if (outage.nodes.has(node)) return true;
    const next = path[index + 1];
    return next !== undefined && !isLinked(graph, node, next, outage);
  });
}

/** Whether a link between two neighbours is up. */
export function isLinked(graph: Graph, node: number, next: number, outage: Outage): boolean {
  for (let place = graph.starts[node] as number; place < (graph.starts[node + 1] as number); place++)
    if (graph.neighbours[place] === next && !outage.links.has(graph.linkOf[place] as number)) return true;
  return false;
}

/** What an outage means for a pair: nothing, a switch to its spare, a new path, or that it is cut off. */
export type Effect = "none" | "switches" | "replanned" | "cut";

/** @param replanned what is planned for the pair with the outage */
export function effectOf(graph: Graph, before: Plan, replanned: Plan, outage: Outage): Effect {
  if (before.primary && !isBroken(graph, before.primary, outage)) return "none";
  if (before.spare && !isBroken(graph, before.spare, outage)) return "switches";
  return replanned.primary ? "replanned" : "cut";
}
