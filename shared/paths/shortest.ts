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
  const next = new Int32Array(graph.nodes).fill(-1);
  const ms = new Float64Array(graph.nodes).fill(Number.POSITIVE_INFINITY);
  if (outage.nodes.has(target)) return { next, ms };
  const heap = new Heap();
  ms[target] = 0;
  heap.push(target, 0);
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
  return { next, ms };
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
