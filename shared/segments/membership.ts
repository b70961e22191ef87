import { contains, formatPrefix, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import type { NodeFacts, Selector } from "./types.ts";

/** A key for looking up rules: an identity that nodes have, or a block that routers forward to. */
export type Key = string;

/** A node in the form of the index. */
export interface Member {
  readonly facts: NodeFacts;
  /** Keys of the node's identities. The blocks that it forwards to are not among them. */
  readonly identities: readonly Key[];
  /** Approved routes, without the default ones. */
  readonly forwards: readonly Prefix[];
  /** Approved default routes. They make the node an exit node, and count as no subnet. */
  readonly exits: readonly string[];
}

export const INTERNET: Key = "internet";

export function identityKey(selector: Selector): Key | null {
  switch (selector.kind) {
    case "any":
    case "quarantine":
      return selector.kind;
    case "segment":
      return `segment:${selector.segment}`;
    case "tag":
      return `tag:${selector.tag}`;
    case "user":
      return `user:${selector.user}`;
    case "node":
      return `node:${selector.node}`;
    default:
      return null;
  }
}

/** The identity by which denials mean the members of a microsegment, also those that only a claim made members. */
export const confinedKey = (microsegment: string): Key => `confined:${microsegment}`;

/** Keys of the identities of a node. The first says whether it is contained. */
export function identitiesOf(facts: NodeFacts): readonly Key[] {
  const known = IDENTITIES.get(facts);
  if (known) return known;
  const made = madeIdentities(facts);
  IDENTITIES.set(facts, made);
  return made;
}

/** Facts never change, and a question about a whole network asks again for all that its index has. */
const IDENTITIES = new WeakMap<NodeFacts, readonly Key[]>();

function madeIdentities(facts: NodeFacts): Key[] {
  const { tags, user, segment, microsegments, confinedBy } = facts;
  if (facts.contained) return ["quarantine", ...confinedBy.map(confinedKey)];
  return [
    "any",
    `segment:${segment}`,
    ...microsegments.map((id) => `segment:${id}`),
    ...confinedBy.map(confinedKey),
    ...[...new Set(tags)].map((tag) => `tag:${tag}`),
    ...(user === null ? [] : [`user:${user}`]),
    `node:${facts.id}`,
  ];
}

/** Reads the facts of a node. A route that is not a prefix forwards nothing. */
export function memberOf(facts: NodeFacts): Member {
  const routes = facts.routes.map(prefixOf).filter((route) => route !== null);
  return {
    facts,
    identities: identitiesOf(facts),
    forwards: routes.filter((route) => !isDefaultRoute(route)),
    exits: [...new Set(routes.filter(isDefaultRoute).map(formatPrefix))].sort(),
  };
}

/**
 * The length of the closest approved route around the prefix, or -1. A longer route means that the router knows the
 * prefix better.
 */
export function closeness(member: Member, prefix: Prefix): number {
  let best = -1;
  for (const route of member.forwards) if (contains(route, prefix)) best = Math.max(best, route.length);
  return best;
}

/** Knows which nodes have each identity, in all and by segment, and which nodes chose each exit node. */
export class Membership {
  readonly #members = new Map<string, Member>();
  readonly #byIdentity = new Map<Key, Set<string>>();
  readonly #countBySegment = new Map<string, Map<Key, number>>();
  readonly #choosers = new Map<string, Set<string>>();
  readonly #routers = new Set<string>();
  readonly #exits = new Set<string>();

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  add(member: Member): void {
    const { id, segment, exitNode } = member.facts;
    this.#members.set(id, member);
    if (member.forwards.length > 0) this.#routers.add(id);
    if (member.exits.length > 0) this.#exits.add(id);
    if (exitNode !== null) setOf(this.#choosers, exitNode).add(id);
    const counts = this.#countBySegment.get(segment) ?? new Map<Key, number>();
    this.#countBySegment.set(segment, counts);
    for (const key of member.identities) {
      setOf(this.#byIdentity, key).add(id);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }

  delete(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    const { segment, exitNode } = member.facts;
    this.#members.delete(id);
    this.#routers.delete(id);
    this.#exits.delete(id);
    if (exitNode !== null) drop(this.#choosers, exitNode, id);
    const counts = this.#countBySegment.get(segment);
    for (const key of member.identities) {
      drop(this.#byIdentity, key, id);
      const left = (counts?.get(key) ?? 0) - 1;
      if (left > 0) counts?.set(key, left);
      else counts?.delete(key);
    }
    if (counts?.size === 0) this.#countBySegment.delete(segment);
  }

  with(key: Key): ReadonlySet<string> {
    return this.#byIdentity.get(key) ?? NOBODY;
  }

  /** The nodes that one of these microsegments confines. */
  confinedBy(microsegments: readonly string[]): string[] {
    if (microsegments.length === 0) return [];
    return [...this.#members.values()].flatMap(({ facts }) =>
      facts.confinedBy.some((id) => microsegments.includes(id)) ? [facts.id] : [],
    );
  }

  segmentHas(segment: string, key: Key): boolean {
    return this.#countBySegment.get(segment)?.has(key) ?? false;
  }

  segmentHasExit(segment: string): boolean {
    return [...this.#exits].some((id) => this.#members.get(id)?.facts.segment === segment);
  }

  /** The nodes that asked for this exit node, whether or not it is an exit node. */
  choosersOf(exit: string): ReadonlySet<string> {
    return this.#choosers.get(exit) ?? NOBODY;
  }

  /**
   * The exit node that the member chose, if it is approved as an exit node. Exit nodes use no exit node, since chains
   * could form loops.
   */
  exitOf(member: Member): Member | null {
    const { exitNode } = member.facts;
    const exit = exitNode === null || member.exits.length > 0 ? undefined : this.#members.get(exitNode);
    return exit && exit.exits.length > 0 ? exit : null;
  }

  /** Ids of the nodes that forward to anything. */
  routers(): Set<string> {
    return new Set([...this.#routers, ...this.#exits]);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

export function setOf<K, T>(sets: Map<K, Set<T>>, key: K): Set<T> {
  const found = sets.get(key);
  if (found) return found;
  const made = new Set<T>();
  sets.set(key, made);
  return made;
}

export function drop<K, T>(sets: Map<K, Set<T>>, key: K, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
