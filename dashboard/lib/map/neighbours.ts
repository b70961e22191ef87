import type { MapLink, MapNode, MeshMap } from "./graph.ts";

export interface Neighbour {
  readonly node: MapNode;
  readonly link: MapLink;
}

/** The other ends of a node's links, by name. */
export function neighboursOf({ nodes, links }: MeshMap, id: string): Neighbour[] {
  const own = links.filter(({ a, b }) => a === id || b === id);
  const ends = new Map(own.map((link) => [link.a === id ? link.b : link.a, link]));
  const found: Neighbour[] = [];
  for (const node of nodes) {
    const link = ends.get(node.id);
    if (link) found.push({ node, link });
  }
  return found.sort((one, other) => (one.node.name < other.node.name ? -1 : 1));
}
