import type { Answer } from "../../../shared/api/endpoints.ts";

export type MeshMap = Answer<"mesh.map">;
export type MapNode = MeshMap["nodes"][number];
export type MapLink = MeshMap["links"][number];
export type Path = MapLink["path"];

/** More nodes than this are shown as their segments. */
export const MAX_SHOWN_NODES = 400;
/** More lines than this say nothing any more. */
export const MAX_SHOWN_LINKS = 3_000;

/** Something that stands on the map: a node, or a segment whose nodes are not shown. */
export interface Point {
  readonly id: string;
  readonly kind: "node" | "segment";
  readonly name: string;
  readonly segment: string;
  readonly online: number;
  readonly nodes: number;
}

/** All links between two points, drawn as one line. */
export interface Line {
  readonly a: string;
  readonly b: string;
  readonly count: number;
  readonly path: Path;
}

export interface Graph {
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
  /** Nodes by segment, of all segments. */
  readonly segments: ReadonlyMap<string, readonly MapNode[]>;
  /** Segments whose nodes are shown. */
  readonly open: ReadonlySet<string>;
}

/** The id of a segment's point. No node's id holds a colon. */
export const segmentPoint = (segment: string): string => `segment:${segment}`;

/** @param opened A segment to show with its nodes, or null for all of them as far as they fit. */
export function graphOf(map: MeshMap, opened: string | null): Graph {
  const segments = new Map<string, MapNode[]>();
  for (const node of map.nodes) {
    const members = segments.get(node.segment);
    if (members) members.push(node);
    else segments.set(node.segment, [node]);
  }
  const open = new Set(openSegments(map, segments, opened));
  const points: Point[] = [];
  const pointOf = new Map<string, string>();
  for (const [segment, members] of segments) {
    for (const { id } of members) pointOf.set(id, open.has(segment) ? id : segmentPoint(segment));
    if (!open.has(segment)) {
      const online = members.filter((node) => node.online).length;
      points.push({
        id: segmentPoint(segment),
        kind: "segment",
        name: segment,
        segment,
        online,
        nodes: members.length,
      });
      continue;
    }
    for (const { id, name, online } of members) {
      points.push({ id, kind: "node", name, segment, online: online ? 1 : 0, nodes: 1 });
    }
  }
  return { points, lines: linesOf(map.links, pointOf), segments, open };
}

function openSegments(
  map: MeshMap,
  segments: ReadonlyMap<string, readonly MapNode[]>,
  opened: string | null,
): string[] {
  if (opened !== null && segments.has(opened)) return [opened];
  return map.nodes.length <= MAX_SHOWN_NODES ? [...segments.keys()] : [];
}

function linesOf(links: readonly MapLink[], pointOf: ReadonlyMap<string, string>): Line[] {
  const lines = new Map<string, Line>();
  for (const link of links) {
    const [a, b] = [pointOf.get(link.a), pointOf.get(link.b)];
    if (a === undefined || b === undefined || a === b) continue;
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const before = lines.get(key);
    lines.set(
      key,
      before
        ? { ...before, count: before.count + 1, path: better(before.path, link.path) }
        : { a, b, count: 1, path: link.path },
    );
  }
  const all = [...lines.values()];
  if (all.length <= MAX_SHOWN_LINKS) return all;
  return all.sort((one, other) => RANK[one.path] - RANK[other.path]).slice(0, MAX_SHOWN_LINKS);
}

const RANK: Readonly<Record<Path, number>> = { direct: 0, edge: 1, unknown: 2, none: 3 };
const better = (a: Path, b: Path): Path => (RANK[a] <= RANK[b] ? a : b);

/** The picture in a sentence. */
export function summarise({ nodes, links }: MeshMap, segments: number): string {
  const online = nodes.filter((node) => node.online).length;
  const direct = links.filter((link) => link.path === "direct").length;
  return `${online} of ${nodes.length} nodes online in ${segments} ${segments === 1 ? "segment" : "segments"}; ${direct} of ${links.length} permitted pairs connected directly`;
}
