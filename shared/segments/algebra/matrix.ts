import type { World } from "../types.ts";
import { classesOf, indexOfClasses, type NodeClass } from "./classes.ts";
import { intersection, union } from "./intervals.ts";
import { type Circumstances, Permissions } from "./permissions.ts";
import type { TrafficSet } from "./traffic-line.ts";

/** By what nodes are grouped. */
export const MATRIX_AXES = ["segments", "tags"] as const;

/** Who reaches whom, by groups of nodes. A node may be in many groups. */
export interface Matrix {
  /** The largest groups, those with the most nodes first. */
  readonly groups: readonly Group[];
  /** How many groups there are beside those. */
  readonly more: number;
  /** Only where something passes. */
  readonly cells: readonly Cell[];
}

export interface Group {
  readonly name: string;
  readonly nodes: number;
}

export interface Cell {
  /** Positions of groups. A null destination is everything behind nodes: networks, and the Internet. */
  readonly from: number;
  readonly to: number | null;
  /** Between how many of the ordered pairs of nodes something passes. Of networks the nodes that reach one count. */
  readonly pairs: number;
  readonly of: number;
  /** What passes between some of the pairs, and what between all of them. */
  readonly some: TrafficSet;
  readonly all: TrafficSet;
}

/** The members of a class that are in each group, by the group's position. */
type Parts = ReadonlyMap<number, readonly string[]>;

/**
 * @param groupsOf The names of the groups of a node.
 * @param most How many groups are shown.
 */
export function matrixOf(
  world: World,
  circumstances: Circumstances,
  groupsOf: (node: string) => readonly string[],
  most: number,
): Matrix {
  const classes = classesOf([world], circumstances.knowledgeOf);
  const permissions = new Permissions(indexOfClasses(classes, world), circumstances);
  const sizes = new Map<string, number>();
  for (const { members } of classes)
    for (const id of members) for (const name of groupsOf(id)) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const groups = [...sizes]
    .map(([name, nodes]) => ({ name, nodes }))
    .sort((a, b) => b.nodes - a.nodes || (a.name < b.name ? -1 : 1));
  const shown = groups.slice(0, most);
  const places = new Map(shown.map(({ name }, place) => [name, place]));
  const parts = new Map(classes.map((one) => [one, partsOf(one, groupsOf, places)]));
  return {
    groups: shown,
    more: groups.length - shown.length,
    cells: cellsOf(classes, parts, permissions, shown),
  };
}

function partsOf(
  { members }: NodeClass,
  groupsOf: (node: string) => readonly string[],
  places: ReadonlyMap<string, number>,
): Parts {
  const parts = new Map<number, string[]>();
  for (const id of members) {
    for (const name of groupsOf(id)) {
      const place = places.get(name);
      if (place !== undefined) parts.set(place, [...(parts.get(place) ?? []), id]);
    }
  }
  return parts;
}

function cellsOf(
  classes: readonly NodeClass[],
  parts: ReadonlyMap<NodeClass, Parts>,
  permissions: Permissions,
  groups: readonly Group[],
): Cell[] {
  const classOf = new Map(classes.flatMap((one) => [one.first, one.second].map((id) => [id, one] as const)));
  const sums = new Sums();
  for (const from of classes) {
    const ours = parts.get(from);
    if (!ours?.size) continue;
    let beyond: TrafficSet = [];
    for (const peer of permissions.linksOf(from.first).keys()) {
      const to = classOf.get(peer);
      if (!to || (peer === to.second && to !== from)) continue;
      const region = permissions.between(from.first, peer).filter((box) => box.from === null);
      const traffic = (isOwn: boolean) =>
        union(...region.filter((box) => (box.to === null) === isOwn).map((box) => box.traffic));
      beyond = union(beyond, traffic(false));
      const direct = traffic(true);
      if (direct.length === 0) continue;
      for (const [place, mine] of ours) {
        for (const [other, theirs] of parts.get(to) ?? []) {
          const both = from === to ? mine.filter((id) => theirs.includes(id)).length : 0;
          sums.add(place, other, mine.length * theirs.length - both, direct);
        }
      }
    }
    if (beyond.length > 0) for (const [place, mine] of ours) sums.add(place, null, mine.length, beyond);
  }
  return sums.cells(groups, parts.values());
}

interface Sum {
  readonly from: number;
  readonly to: number | null;
  readonly pairs: number;
  readonly some: TrafficSet;
  readonly all: TrafficSet;
}

/** What passes between groups, added up class by class. */
class Sums {
  readonly #sums = new Map<string, Sum>();

  add(from: number, to: number | null, pairs: number, traffic: TrafficSet): void {
    if (pairs === 0) return;
    const key = `${from} ${to}`;
    const sum = this.#sums.get(key);
    this.#sums.set(key, {
      ...{ from, to },
      pairs: (sum?.pairs ?? 0) + pairs,
      some: sum ? union(sum.some, traffic) : traffic,
      all: sum ? intersection(sum.all, traffic) : traffic,
    });
  }

  cells(groups: readonly Group[], parts: Iterable<Parts>): Cell[] {
    const members = groups.map(() => new Set<string>());
    for (const part of parts) for (const [place, ids] of part) for (const id of ids) members[place]?.add(id);
    return [...this.#sums.values()].map((sum) => {
      const sources = members[sum.from] ?? NOBODY;
      const destinations = sum.to === null ? null : (members[sum.to] ?? NOBODY);
      const of = destinations === null ? sources.size : pairsBetween(sources, destinations);
      return { ...sum, of, all: sum.pairs === of ? sum.all : [] };
    });
  }
}

const pairsBetween = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  a.size * b.size - [...a].filter((id) => b.has(id)).length;

const NOBODY: ReadonlySet<string> = new Set();
