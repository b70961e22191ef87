import type { Graph } from "./graph.ts";

/** What alone holds parts of a graph together. */
export interface WeakPoints {
  /** Nodes whose failure cuts others off from each other (articulation points). */
  readonly nodes: readonly number[];
  /** Links whose failure does (bridges), by number. */
  readonly links: readonly number[];
}

/** Tarjan's algorithm, without recursion: one walk in depth, O(nodes + links). */
export function weakPoints(graph: Graph): WeakPoints {
  const found = new Int32Array(graph.nodes).fill(-1);
  const lowest = new Int32Array(graph.nodes);
  const parentLink = new Int32Array(graph.nodes).fill(-1);
  const place = graph.starts.slice(0, graph.nodes);
  const nodes = new Set<number>();
  const links: number[] = [];
  let time = 0;
  for (let root = 0; root < graph.nodes; root++) {
    if (found[root] !== -1) continue;
    let rootChildren = 0;
    const stack = [root];
    found[root] = lowest[root] = time++;
    while (stack.length > 0) {
      const node = stack.at(-1) as number;
      const at = place[node] as number;
      if (at < (graph.starts[node + 1] as number)) {
        place[node] = at + 1;
        const link = graph.linkOf[at] as number;
        const neighbour = graph.neighbours[at] as number;
        if (link === parentLink[node]) continue;
        if (found[neighbour] === -1) {
          parentLink[neighbour] = link;
          found[neighbour] = lowest[neighbour] = time++;
          stack.push(neighbour);
        } else lowest[node] = Math.min(lowest[node] as number, found[neighbour] as number);
        continue;
      }
      stack.pop();
      const parent = stack.at(-1);
      if (parent === undefined) continue;
      lowest[parent] = Math.min(lowest[parent] as number, lowest[node] as number);
      if ((lowest[node] as number) > (found[parent] as number)) links.push(parentLink[node] as number);
      if (parent === root) rootChildren++;
      else if ((lowest[node] as number) >= (found[parent] as number)) nodes.add(parent);
    }
    if (rootChildren > 1) nodes.add(root);
  }
  return { nodes: [...nodes].sort((a, b) => a - b), links: links.sort((a, b) => a - b) };
}
