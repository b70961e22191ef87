import { PATH_KINDS } from "../../shared/node/protocol/types.ts";
import type { MapLink, SegmentMap } from "../../shared/node/segment-mesh.ts";

const MOST_LINKS = 20_000;
/** Of two ends that say different things, the one with the better path heard the other last. */
const PATHS: readonly MapLink["path"][] = [...PATH_KINDS, "none"];

/**
 * Combines the segments' views into one map. Each pair of nodes comes once: each end of a link saw only its own side.
 */
export function combineMaps(segments: readonly (readonly [name: string, map: SegmentMap])[]) {
  const nodes = segments.flatMap(([segment, map]) => map.nodes.map((node) => ({ ...node, segment })));
  const links = new Map<string, { a: MapLink; b: MapLink | null }>();
  for (const link of segments.flatMap(([, map]) => map.links)) {
    const reverse = links.get(`${link.peer} ${link.node}`);
    if (reverse) reverse.b = link;
    else links.set(`${link.node} ${link.peer}`, { a: link, b: null });
  }
  const all = [...links.values()].map(({ a, b }) => ({
    a: a.node,
    b: a.peer,
    allows: [...new Set([...a.allows, ...(b?.allows ?? [])])].sort(),
    handshakeAt: newest(a.handshakeAt, b?.handshakeAt ?? null),
    path: PATHS.find((path) => a.path === path || b?.path === path) ?? "unknown",
    measured: worse(a.measured, b?.measured ?? null),
    bytes: Math.max(a.bytes, b?.bytes ?? 0),
  }));
  return {
    nodes,
    links: all.slice(0, MOST_LINKS),
    truncated: all.length > MOST_LINKS || segments.some(([, map]) => map.truncated),
  };
}

/** A pair is as good as the worse of its two directions. */
function worse(a: MapLink["measured"], b: MapLink["measured"]) {
  const ends = [a, b].filter((end) => end !== null);
  if (ends.length === 0) return null;
  const most = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known) / 1_000;
  };
  return {
    passes: ends.every(({ passes }) => passes),
    rttMs: most(ends.map(({ rttMicros }) => rttMicros)),
    loss: most(ends.map(({ lossPermille }) => lossPermille)),
  };
}

const newest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);
