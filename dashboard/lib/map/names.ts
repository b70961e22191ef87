import type { Point } from "./graph.ts";
import type { Frame, Spot } from "./layout.ts";

const LONGEST = 14;
/** Of the style sheet's letters, generously. */
const LETTER = 6.4;
const HEIGHT = 13;

/** A name as the map writes it. */
export const shortName = (name: string): string =>
  name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;

/** Radius of a node's dot, in pixels. */
export const dotRadius = (scale: number): number => Math.min(9, Math.max(2.5, scale * 0.2));

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Ids of the nodes whose names can stand below their dots without covering a dot or another name; the first win. */
export function namesThatFit(
  points: readonly Point[],
  spots: ReadonlyMap<string, Spot>,
  frame: Frame,
): ReadonlySet<string> {
  const fitting = new Set<string>();
  const r = dotRadius(frame.scale);
  const dots = new Map<string, Box>();
  for (const { id } of points) {
    const spot = spots.get(id);
    if (!spot) continue;
    const [x, y] = [frame.x + spot.x * frame.scale, frame.y + spot.y * frame.scale];
    dots.set(id, { left: x - r, right: x + r, top: y - r, bottom: y + r });
  }
  const taken: Box[] = [...dots.values()];
  for (const { id, kind, name } of points) {
    const dot = dots.get(id);
    if (kind !== "node" || !dot) continue;
    const [middle, half] = [(dot.left + dot.right) / 2, (shortName(name).length * LETTER) / 2];
    const box = {
      left: middle - half,
      right: middle + half,
      top: dot.bottom + 2,
      bottom: dot.bottom + 2 + HEIGHT,
    };
    if (taken.some((other) => overlaps(box, other))) continue;
    fitting.add(id);
    taken.push(box);
  }
  return fitting;
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
