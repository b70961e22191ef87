import { LIMITS } from "../../node/config/types.ts";
import type { World } from "../types.ts";
import { sampleAddress } from "./address-line.ts";
import { classesOf, indexOfClasses, type NodeClass, pairsOf } from "./classes.ts";
import { type Circumstances, Permissions } from "./permissions.ts";
import { joined, minus, type Region, type Side } from "./region.ts";
import { sampleOf } from "./traffic-line.ts";

/** What may pass in one network and not in the other, exactly: each difference once, for all nodes that are alike. */
export interface Difference {
  /** Ordered by the number of pairs, those with the most first. */
  readonly changes: readonly Change[];
  /** Ordered pairs of nodes between which more passes, and between which less does. Some may be both. */
  readonly gaining: number;
  readonly losing: number;
  /** The classes whose nodes would have more peers than a config may name, those with the most first. */
  readonly crowded: readonly Crowded[];
}

export interface Crowded {
  readonly of: NodeClass;
  /** How many peers each of its nodes would have. */
  readonly peers: number;
}

/** What each node of one class gains and loses towards each node of another one. */
export interface Change {
  readonly from: NodeClass;
  readonly to: NodeClass;
  readonly pairs: number;
  readonly gained: Region;
  readonly lost: Region;
}

/**
 * Compares two networks that have the same nodes.
 * @param circumstances The moment, and the agents, are the same for both.
 */
export function differenceOf(before: World, after: World, circumstances: Circumstances): Difference {
  const classes = classesOf([before, after], circumstances.knowledgeOf);
  const index = indexOfClasses(classes, before);
  const affected = become(index, classes, after);
  const concerned = classes.filter(({ first }) => affected.has(first));
  const is = permittedFrom(concerned, new Permissions(index, circumstances));
  // A smaller network has no such node.
  const crowded =
    after.nodes.size <= LIMITS.peers ? [] : crowdedAmong(concerned, classes, index, circumstances);
  become(index, classes, before);
  const was = permittedFrom(concerned, new Permissions(index, circumstances));
  const classOf = new Map(classes.flatMap((one) => [one.first, one.second].map((id) => [id, one] as const)));
  const changes = concerned.flatMap((from) => {
    const [old, next] = [was.get(from.first) ?? NOBODY, is.get(from.first) ?? NOBODY];
    return [...new Set([...old.keys(), ...next.keys()])].flatMap((peer): Change[] => {
      const to = classOf.get(peer);
      if (!to || (peer === to.second && to !== from)) return [];
      const [less, more] = [old.get(peer) ?? [], next.get(peer) ?? []];
      const [gained, lost] = [joined(minus(more, less)), joined(minus(less, more))];
      return gained.length + lost.length > 0 ? [{ from, to, pairs: pairsOf(from, to), gained, lost }] : [];
    });
  });
  const count = (of: "gained" | "lost") =>
    changes.reduce((sum, change) => sum + (change[of].length > 0 ? change.pairs : 0), 0);
  return {
    changes: changes.sort((a, b) => b.pairs - a.pairs),
    gaining: count("gained"),
    losing: count("lost"),
    crowded,
  };
}

type ByPeer = ReadonlyMap<string, Region>;
const NOBODY: ByPeer = new Map();

/** What the first node of each class may open to each of its peers. */
const permittedFrom = (classes: readonly NodeClass[], permissions: Permissions): Map<string, ByPeer> =>
  new Map(
    classes.map(({ first }) => {
      const peers = [...permissions.linksOf(first).keys()];
      return [first, new Map(peers.map((peer) => [peer, permissions.between(first, peer)]))];
    }),
  );

/** @param concerned Those of the classes that are looked at. */
function crowdedAmong(
  concerned: readonly NodeClass[],
  classes: readonly NodeClass[],
  index: ReturnType<typeof indexOfClasses>,
  { knowledgeOf }: Circumstances,
): Crowded[] {
  const membersOf = new Map(classes.map(({ first, members }) => [first, members.length]));
  // A class's second node only stands for the others of its own class.
  const countOf = (own: NodeClass, peer: string): number =>
    peer === own.second ? own.members.length - 1 : (membersOf.get(peer) ?? 0);
  return concerned
    .map((of) => {
      const links = index.linksKnown(of.first, knowledgeOf(of.first));
      return { of, peers: links.reduce((sum, { peer }) => sum + countOf(of, peer), 0) };
    })
    .filter(({ peers }) => peers > LIMITS.peers)
    .sort((a, b) => b.peers - a.peers);
}

/** Makes another network of the index. @returns The nodes whose links may be others now. */
function become(
  index: ReturnType<typeof indexOfClasses>,
  classes: readonly NodeClass[],
  { nodes, microsegments, rules }: World,
): ReadonlySet<string> {
  const affected = new Set<string>();
  const add = (ids: Iterable<string>) => {
    for (const id of ids) affected.add(id);
  };
  for (const { first, second } of classes) {
    for (const id of [first, second]) {
      const node = id === null ? undefined : nodes.get(id);
      if (node) add(index.upsert(node));
    }
  }
  add(index.setMicrosegments(microsegments));
  add(index.setRules(rules));
  return affected;
}

/** One packet of a region, in words: from which address to which, and which traffic. */
export interface Witness {
  readonly from: { readonly node: string; readonly address: string };
  readonly to: { readonly node: string; readonly address: string };
  readonly traffic: string;
}

/** The first packet of a region between two nodes. Null of an empty one. */
export function witnessOf(region: Region, from: string, to: string, { nodes }: World): Witness | null {
  const box = region[0];
  const sample = box && sampleOf(box.traffic);
  const [source, destination] = [nodes.get(from), nodes.get(to)];
  if (!box || !sample || !source || !destination) return null;
  const at = (side: Side, node: typeof source) =>
    (side === null ? null : sampleAddress(side)) ?? (sample.family === 4 ? node.ipv4 : node.ipv6);
  return {
    from: { node: from, address: at(box.from, source) },
    to: { node: to, address: at(box.to, destination) },
    traffic: sample.text,
  };
}
