import type { MapLink, MapNode, MeshMap } from "./graph.ts";

export interface Connection {
  readonly a: MapNode;
  readonly b: MapNode;
  readonly link: MapLink;
}

/** Whether the search (in lower case) stands in a name. */
export const isFound = (node: { readonly name: string; readonly segment: string }, found: string): boolean =>
  node.name.toLowerCase().includes(found) || node.segment.toLowerCase().includes(found);

/**
 * The pairs with their nodes, by name; only those with an end that fits the search and one in the segment.
 * @param found In lower case.
 */
export function connectionsOf(map: MeshMap, found: string, segment: string | null): Connection[] {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const pairs: Connection[] = [];
  for (const link of map.links) {
    const [a, b] = [nodes.get(link.a), nodes.get(link.b)];
    if (!a || !b) continue;
    if (segment !== null && a.segment !== segment && b.segment !== segment) continue;
    if (!isFound(a, found) && !isFound(b, found)) continue;
    pairs.push(a.name <= b.name ? { a, b, link } : { a: b, b: a, link });
  }
  const key = ({ a, b }: Connection) => `${a.name}\n${b.name}`;
  return pairs.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
