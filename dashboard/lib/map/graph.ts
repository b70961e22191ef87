import type { Answer } from "../../../shared/api/endpoints.ts";
import { type Quality, qualityOf } from "./quality.ts";

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
  /** Of the best of the links. */
  readonly path: Path;
  readonly quality: Quality;
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
    const line: Line = { a, b, count: 1, path: link.path, quality: qualityOf(link) };
    const before = lines.get(key);
    const best = before && rankOf(before) <= rankOf(line) ? before : line;
    lines.set(key, { ...best, count: (before?.count ?? 0) + 1 });
  }
  const all = [...lines.values()];
  if (all.length <= MAX_SHOWN_LINKS) return all;
  return all.sort((one, other) => rankOf(one) - rankOf(other)).slice(0, MAX_SHOWN_LINKS);
}

const RANK: Readonly<Record<Path, number>> = { direct: 0, relay: 1, edge: 2, unknown: 3, none: 4 };
/** The better, the lower: a path that nothing passes is none. */
const rankOf = ({ path, quality }: Pick<Line, "path" | "quality">): number =>
  quality === "silent" ? RANK.none : RANK[path] + (quality === "lossy" ? 0.5 : 0);

/** The picture in a sentence. */
export function summarise({ nodes, links }: MeshMap, segments: number): string {
  const online = nodes.filter((node) => node.online).length;
  const direct = links.filter((link) => link.path === "direct").length;
  return `${online} of ${nodes.length} nodes online in ${segments} ${segments === 1 ? "segment" : "segments"}; ${direct} of ${links.length} permitted pairs connected directly`;
}
