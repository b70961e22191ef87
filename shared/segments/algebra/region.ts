import type { Grant } from "../../node/config/types.ts";
import { type AddressSet, addressSet, familySet } from "./address-line.ts";
import { difference, intersection, union } from "./intervals.ts";
import { ofFamily, type TrafficSet } from "./traffic-line.ts";

/**
 * Sets of packets from one node to another, in four dimensions: source, destination, and the protocol with its port. Of two
 * regions it can be said exactly what they have in common and what only one has.
 */

/** Addresses behind a node. Null: the node's own addresses. */
export type Side = AddressSet | null;

/** All packets from each address of one side to each of the other. */
export interface Box {
  readonly from: Side;
  readonly to: Side;
  readonly traffic: TrafficSet;
}

/** The packets of all boxes. */
export type Region = readonly Box[];

/** The packets of a grant whose rule has this traffic. A block has packets of its own family only. */
export function regionOf({ from, to }: Pick<Grant, "from" | "to">, traffic: TrafficSet): Region {
  if (from === undefined && to === undefined) return [{ from: null, to: null, traffic }];
  return ([4, 6] as const)
    .map((family) => ({
      from: sideIn(from, family),
      to: sideIn(to, family),
      traffic: ofFamily(traffic, family),
    }))
    .filter((box) => !isEmpty(box));
}

const sideIn = (blocks: readonly string[] | undefined, family: 4 | 6): Side =>
  blocks === undefined ? null : intersection(addressSet(blocks), familySet(family));

const isEmpty = ({ from, to, traffic }: Box): boolean =>
  traffic.length === 0 || from?.length === 0 || to?.length === 0;

export function common(a: Region, b: Region): Region {
  return a.flatMap((one) => b.map((other) => cut(one, other)).filter((box) => box !== null));
}

/** The packets of `a` that are not in `b`. */
export function minus(a: Region, b: Region): Region {
  let left: Region = a;
  for (const hole of b) {
    if (left.length === 0) break;
    left = left.flatMap((box) => without(box, hole));
  }
  return left;
}

/** Joins boxes that differ in their traffic only, so that what is the same reads the same. */
export function joined(region: Region): Region {
  const joinedBoxes = new Map<string, Box>();
  for (const box of region) {
    const key = `${textOf(box.from)} ${textOf(box.to)}`;
    const known = joinedBoxes.get(key);
    joinedBoxes.set(key, known ? { ...box, traffic: union(known.traffic, box.traffic) } : box);
  }
  return [...joinedBoxes.values()];
}

const textOf = (side: Side): string => (side === null ? "own" : side.map(([a, b]) => `${a}-${b}`).join());

function cut(a: Box, b: Box): Box | null {
  const [from, to] = [cutSide(a.from, b.from), cutSide(a.to, b.to)];
  if (from === undefined || to === undefined) return null;
  const box = { from, to, traffic: intersection(a.traffic, b.traffic) };
  return isEmpty(box) ? null : box;
}

/** Undefined: they have nothing in common. A node's own addresses lie behind no node. */
function cutSide(a: Side, b: Side): Side | undefined {
  if (a === null || b === null) return a === b ? null : undefined;
  return intersection(a, b);
}

function without(box: Box, hole: Box): Box[] {
  const inside = cut(box, hole);
  if (inside === null) return [box];
  return [
    { ...box, from: restOf(box.from, inside.from) },
    { ...box, from: inside.from, to: restOf(box.to, inside.to) },
    { from: inside.from, to: inside.to, traffic: difference(box.traffic, inside.traffic) },
  ].filter((part) => !isEmpty(part));
}

const restOf = (side: Side, inside: Side): Side =>
  side === null || inside === null ? [] : difference(side, inside);
