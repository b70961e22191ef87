import type { Spot } from "./layout.ts";

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

const VECTORS: Readonly<Record<Direction, Spot>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export const isDirection = (key: string): key is Direction => key in VECTORS;

/** The point that an arrow key leads to: the nearest one that lies more that way than aside; null for none. */
export function nextPoint(
  spots: ReadonlyMap<string, Spot>,
  from: string,
  direction: Direction,
): string | null {
  const start = spots.get(from);
  if (!start) return null;
  const way = VECTORS[direction];
  let best: string | null = null;
  let shortest = Infinity;
  for (const [id, { x, y }] of spots) {
    const [dx, dy] = [x - start.x, y - start.y];
    const ahead = dx * way.x + dy * way.y;
    const aside = Math.abs(dx * way.y - dy * way.x);
    if (ahead <= 1e-9 || aside > ahead) continue;
    const length = ahead + 2 * aside;
    if (length < shortest) [best, shortest] = [id, length];
  }
  return best;
}
