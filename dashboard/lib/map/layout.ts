/**
 * Where things stand on the map, in units of the distance between two neighbouring nodes. Positions depend on nothing
 * but sizes and names, so that a poll that brings no new node moves nothing.
 */

export interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface Circle extends Spot {
  readonly r: number;
}

/** Room around a circle for its caption. */
const GAP = 1.3;
const RING = 12;
/** Neighbours on a sunflower of this factor are about one unit apart. */
const SUNFLOWER = 0.6;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Rounded up to a power of two: a segment's circle grows in few steps, and the others rarely move. */
const capacityOf = (slots: number): number => 2 ** Math.ceil(Math.log2(Math.max(slots, 2)));

/** Room between the outermost nodes and the circle around them. */
const RIM = 0.75;

/** Radius of the circle that holds `slots` nodes. */
export function radiusFor(slots: number): number {
  const capacity = capacityOf(slots);
  const ring = 0.5 / Math.sin(Math.PI / Math.min(capacity, RING));
  return RIM + Math.max(ring, slots > RING ? SUNFLOWER * Math.sqrt(capacity) : 0);
}

/** Where node number `slot` of `slots` stands from the middle of its circle: on a ring while they are few. */
export function slotSpot(slot: number, slots: number): Spot {
  if (slots === 1) return { x: 0, y: 0 };
  if (slots <= RING) {
    // Two stand side by side: the line between them then crosses no name.
    const angle = (slot / slots) * 2 * Math.PI - (slots === 2 ? Math.PI : Math.PI / 2);
    const r = radiusFor(slots) - RIM;
    return { x: r * Math.cos(angle), y: r * Math.sin(angle) };
  }
  const r = SUNFLOWER * Math.sqrt(slot + 0.5);
  return { x: r * Math.cos(slot * GOLDEN_ANGLE), y: r * Math.sin(slot * GOLDEN_ANGLE) };
}

/** How many steps are looked at behind the first free one, for one that keeps the whole smaller. */
const LOOK_AHEAD = 160;
/** From this many circles on the first free place is taken: what is saved by looking on is small, and it takes long. */
const MANY = 60;

/**
 * Places circles around the middle so that none touches another and the whole fits its picture well, the largest first.
 * @param aspect Width of the picture by its height.
 */
export function placeCircles(
  circles: readonly { readonly name: string; readonly r: number }[],
  aspect: number,
): Map<string, Circle> {
  const ordered = [...circles].sort((a, b) => b.r - a.r || (a.name < b.name ? -1 : 1));
  const placed = new Map<string, Circle>();
  const ahead = ordered.length < MANY ? LOOK_AHEAD : 1;
  let bounds = NOTHING;
  let step = 0;
  let radius = Number.NaN;
  for (const { name, r } of ordered) {
    // A place that was too narrow for one is too narrow for the next of the same size.
    if (r !== radius) step = 0;
    radius = r;
    while (!isFree(spiral(step, aspect), r, placed.values())) step++;
    const found = Array.from({ length: ahead }, (_, n) => ({ ...spiral(step + n, aspect), r }))
      .filter((circle) => isFree(circle, r, placed.values()))
      .map((circle) => ({ circle, bounds: around(bounds, circle) }))
      .reduce((best, next) => (height(next.bounds, aspect) < height(best.bounds, aspect) ? next : best));
    placed.set(name, found.circle);
    bounds = found.bounds;
  }
  return placed;
}

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const NOTHING: Bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };

/** Room for one more circle and the caption on top of it. */
const around = ({ left, right, top, bottom }: Bounds, { x, y, r }: Circle): Bounds => ({
  left: Math.min(left, x - r),
  right: Math.max(right, x + r),
  top: Math.min(top, y - r - 1),
  bottom: Math.max(bottom, y + r),
});

/** Of a picture of this shape that holds them. */
const height = ({ left, right, top, bottom }: Bounds, aspect: number): number =>
  Math.max((right - left) / aspect, bottom - top);

/** Points on a spiral of even density, stretched to the picture's shape. */
function spiral(step: number, aspect: number): Spot {
  const r = 0.7 * Math.sqrt(step);
  const stretch = Math.sqrt(aspect);
  return { x: r * stretch * Math.cos(step * GOLDEN_ANGLE), y: (r / stretch) * Math.sin(step * GOLDEN_ANGLE) };
}

function isFree(spot: Spot, r: number, placed: Iterable<Circle>): boolean {
  for (const other of placed) {
    if (Math.hypot(spot.x - other.x, spot.y - other.y) < r + other.r + GAP) return false;
  }
  return true;
}

/** Keeps the slot of every node that is still there and gives newcomers the lowest free ones. */
export function assignSlots(
  before: ReadonlyMap<string, number>,
  ids: readonly string[],
): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const id of ids) {
    const slot = before.get(id);
    if (slot === undefined) continue;
    slots.set(id, slot);
    taken.add(slot);
  }
  let next = 0;
  for (const id of [...ids].sort()) {
    if (slots.has(id)) continue;
    while (taken.has(next)) next++;
    slots.set(id, next);
    taken.add(next);
  }
  return slots;
}

export interface Frame {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** How units become pixels so that all circles fit with their captions, above the buttons at the foot of the picture. */
export function frameAround(circles: Iterable<Circle>, width: number, height: number): Frame {
  const { left, right, top, bottom } = [...circles].reduce(around, NOTHING);
  if (left > right) return { scale: 1, x: width / 2, y: height / 2 };
  const margin = 14;
  const below = 46;
  const scale = Math.min(
    (width - 2 * margin) / (right - left),
    (height - margin - below) / (bottom - top),
    90,
  );
  return {
    scale,
    x: width / 2 - (scale * (left + right)) / 2,
    y: (height + margin - below) / 2 - (scale * (top + bottom)) / 2,
  };
}
