import { type Graph, segmentPoint } from "./graph.ts";
import {
  assignSlots,
  type Circle,
  type Frame,
  frameAround,
  placeCircles,
  radiusFor,
  type Spot,
  slotSpot,
} from "./layout.ts";

/** Slots of the nodes by segment, kept from one poll to the next. */
export type Slots = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface Placement {
  /** Circles of the open segments by name, in units. */
  readonly circles: ReadonlyMap<string, Circle>;
  /** Where each point stands, in units. */
  readonly spots: ReadonlyMap<string, Spot>;
  readonly slots: Slots;
}

/** @param aspect Width of the picture by its height. */
export function place(graph: Graph, before: Slots, aspect: number): Placement {
  const slots = new Map<string, ReadonlyMap<string, number>>();
  const sizes: { name: string; r: number }[] = [];
  for (const [segment, nodes] of graph.segments) {
    if (!graph.open.has(segment)) {
      sizes.push({ name: segment, r: bubbleRadius(nodes.length) });
      continue;
    }
    const ids = nodes.map((node) => node.id);
    const assigned = assignSlots(before.get(segment) ?? new Map(), ids);
    slots.set(segment, assigned);
    sizes.push({ name: segment, r: radiusFor(slotCount(assigned)) });
  }
  const all = placeCircles(sizes, aspect);
  const spots = new Map<string, Spot>();
  for (const [segment, circle] of all) {
    const assigned = slots.get(segment);
    if (!assigned) {
      spots.set(segmentPoint(segment), circle);
      continue;
    }
    const count = slotCount(assigned);
    for (const [id, slot] of assigned) {
      const inside = slotSpot(slot, count);
      spots.set(id, { x: circle.x + inside.x, y: circle.y + inside.y });
    }
  }
  return { circles: all, spots, slots };
}

const slotCount = (slots: ReadonlyMap<string, number>): number => Math.max(0, ...slots.values()) + 1;

/** Of a segment that is one point: it grows by the power of two of its nodes. */
export const bubbleRadius = (nodes: number): number => 0.7 + 0.12 * Math.ceil(Math.log2(Math.max(nodes, 1)));

export interface View {
  /** How many times larger than what fits. */
  readonly zoom: number;
  /** Unit of the map that stands in the middle; null for the middle of what fits. */
  readonly middle: Spot | null;
}

export const WHOLE: View = { zoom: 1, middle: null };

/** How units become pixels in a picture of this size. */
export function frameOf({ circles }: Placement, view: View, width: number, height: number): Frame {
  const whole = frameAround(circles.values(), width, height);
  const scale = whole.scale * view.zoom;
  const middle = view.middle ?? {
    x: (width / 2 - whole.x) / whole.scale,
    y: (height / 2 - whole.y) / whole.scale,
  };
  return { scale, x: width / 2 - middle.x * scale, y: height / 2 - middle.y * scale };
}
