import { type Graph, NOTHING, type Outage } from "./graph.ts";

/** The shortest paths to one node: from each node the next one on the path and its length. */
export interface Tree {
  /** The next node, or -1 where there is no path, and for the target itself. */
  readonly next: Int32Array;
  /** The whole path in ms; Infinity where there is none. */
  readonly ms: Float64Array;
}

/**
 * Dijkstra's algorithm with a binary heap. Among equal paths the neighbour with the lowest number wins, so that all who
 * know the same graph choose the same.
 */
export function shortestTo(graph: Graph, target: number, outage: Outage = NOTHING): Tree {
  const tree = {
    next: new Int32Array(graph.nodes).fill(-1),
    ms: new Float64Array(graph.nodes).fill(Number.POSITIVE_INFINITY),
  };
  if (outage.nodes.has(target)) return tree;
  tree.ms[target] = 0;
  grow(graph, tree, target, outage, [target]);
  return tree;
}

/**
 * The same tree as `shortestTo` gives, from the tree without the outage: only nodes whose path leads over what failed are
 * looked at again.
 */
export function repaired(graph: Graph, before: Tree, target: number, outage: Outage): Tree {
  const tree = { next: before.next.slice(), ms: before.ms.slice() };
  const isCut = cutOff(graph, before, outage);
  const edge = new Set<number>();
  for (let node = 0; node < graph.nodes; node++) {
    if (!isCut[node]) continue;
    tree.next[node] = -1;
    tree.ms[node] = Number.POSITIVE_INFINITY;
    for (let place = graph.starts[node] as number; place < (graph.starts[node + 1] as number); place++) {
      const neighbour = graph.neighbours[place] as number;
      if (!isCut[neighbour]) edge.add(neighbour);
    }
  }
  grow(graph, tree, target, outage, edge);
  return tree;
}

const UNKNOWN = 2;

/** For each node of a tree whether its path leads over what is out of order: 1 or 0. */
export function cutOff(graph: Graph, { next }: Tree, outage: Outage): Uint8Array {
  const isCut = new Uint8Array(graph.nodes).fill(UNKNOWN);
  const ends = [...outage.links].flatMap((link) => graph.links[link] ?? []);
  for (const node of outage.nodes) isCut[node] = 1;
  for (const { a, b } of ends) {
    if (next[a] === b) isCut[a] = 1;
    if (next[b] === a) isCut[b] = 1;
  }
  const walked: number[] = [];
  for (let start = 0; start < graph.nodes; start++) {
    let node = start;
    for (; node !== -1 && isCut[node] === UNKNOWN; node = next[node] as number) walked.push(node);
    const found = node === -1 ? 0 : (isCut[node] as number);
    for (const passed of walked.splice(0)) isCut[passed] = found;
  }
  return isCut;
}

/** Grows a tree from nodes whose paths are known to be the shortest. */
function grow(
  graph: Graph,
  { next, ms }: Tree,
  target: number,
  outage: Outage,
  from: Iterable<number>,
): void {
  const heap = new Heap();
  for (const node of from) heap.push(node, ms[node] as number);
  for (let node = heap.pop(ms); node !== -1; node = heap.pop(ms)) {
    for (let place = graph.starts[node] as number; place < (graph.starts[node + 1] as number); place++) {
      const neighbour = graph.neighbours[place] as number;
      const link = graph.linkOf[place] as number;
      if (outage.nodes.has(neighbour) || outage.links.has(link)) continue;
      const length = (ms[node] as number) + (graph.links[link]?.ms ?? Number.POSITIVE_INFINITY);
      const known = ms[neighbour] as number;
      if (
        length > known ||
        (length === known && (neighbour === target || node >= (next[neighbour] as number)))
      )
        continue;
      next[neighbour] = node;
      if (length === known) continue;
      ms[neighbour] = length;
      heap.push(neighbour, length);
    }
  }
}

/** @returns The nodes from `from` to the tree's target, or null where there is no path. */
export function pathFrom({ next, ms }: Tree, from: number): number[] | null {
  if (ms[from] === Number.POSITIVE_INFINITY) return null;
  const path = [from];
  for (let node = next[from] as number; node !== -1; node = next[node] as number) path.push(node);
  return path;
}

/** Entries that a shorter path has overtaken stay in the heap and are passed over. */
class Heap {
  readonly #nodes: number[] = [];
  readonly #lengths: number[] = [];

  push(node: number, length: number): void {
    let place = this.#nodes.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((this.#lengths[parent] as number) <= length) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#nodes[place] = node;
    this.#lengths[place] = length;
  }

  /** @returns The nearest node, or -1 when none is left. */
  pop(ms: Float64Array): number {
    while (this.#nodes.length > 0) {
      const [node, length] = [this.#nodes[0] as number, this.#lengths[0] as number];
      this.#removeFirst();
      if (ms[node] === length) return node;
    }
    return -1;
  }

  #removeFirst(): void {
    const node = this.#nodes.pop() as number;
    const length = this.#lengths.pop() as number;
    const count = this.#nodes.length;
    if (count === 0) return;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= count) break;
      if (child + 1 < count && (this.#lengths[child + 1] as number) < (this.#lengths[child] as number))
        child++;
      if ((this.#lengths[child] as number) >= length) break;
      this.#move(child, place);
      place = child;
    }
    this.#nodes[place] = node;
    this.#lengths[place] = length;
  }

  #move(from: number, to: number): void {
    this.#nodes[to] = this.#nodes[from] as number;
    this.#lengths[to] = this.#lengths[from] as number;
  }
}
