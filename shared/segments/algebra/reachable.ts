import type { World } from "../types.ts";
import type { End } from "../why/ends.ts";
import { familySet, routedSet } from "./address-line.ts";
import { classesOf, indexOfClasses } from "./classes.ts";
import { union } from "./intervals.ts";
import { type Circumstances, Permissions } from "./permissions.ts";
import type { Region, Side } from "./region.ts";
import type { TrafficSet } from "./traffic-line.ts";

/** Who may open connections to an end, and to whom an end may. */
export interface Reached {
  /** The other node, or the one before the addresses in the region. */
  readonly node: string;
  readonly region: Region;
}

export type Way = "to" | "from";

const EVERYWHERE = union(familySet(4), familySet(6));

/**
 * @param way `to`: who reaches the end. `from`: whom the end reaches.
 * @param permissions Those of the whole network.
 */
export function reachable(
  end: End,
  way: Way,
  traffic: TrafficSet,
  permissions: Permissions,
  world: World,
  circumstances: Circumstances,
): Reached[] {
  const own: Side = end.address === null ? null : hostSet(end.address);
  const asked: Region = [null, EVERYWHERE].map((other: Side) =>
    way === "to" ? { from: other, to: own, traffic } : { from: own, to: other, traffic },
  );
  if (end.address === null)
    return [...permissions[way](end.node, asked)].map(([node, region]) => ({ node, region }));
  // Each of the others would have to be asked whether its packets find the router. So one of each class is asked.
  const classes = classesOf([world], circumstances.knowledgeOf);
  const ofClasses = new Permissions(indexOfClasses(classes, world), circumstances);
  const found = new Map(ofClasses[way](end.node, asked));
  return classes.flatMap(({ first, members }) => {
    const region = found.get(first);
    return region ? members.map((node) => ({ node, region })) : [];
  });
}

const hostSet = (address: string): Side => routedSet([`${address}/${address.includes(":") ? 128 : 32}`]);
