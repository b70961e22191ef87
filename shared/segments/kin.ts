import { BoundedMap } from "../base/bounded-map.ts";
import type { Key, Member } from "./membership.ts";
import type { NodeFacts } from "./types.ts";

/**
 * Nodes are kin where no rule and no level tells them apart. They reach, and are reached by, the same: what was worked out for one of
 * them holds for all.
 */

/** What rules and levels read of nodes. */
export interface Readers {
  /** Whether one of them names the identity. */
  readonly names: (key: Key) => boolean;
  /** Whether a rule names addresses behind nodes. Then each router and each choice of an exit node counts. */
  readonly namesBlocks: () => boolean;
}

export interface Kin {
  /** The identities that are read of the node, in order. */
  readonly keys: readonly Key[];
  /** The same for all kin, and for nobody else. */
  readonly text: string;
}

/** A node that forwards to anything is its own kin where that counts. */
export function kinOf(
  { id, routes, exitNode }: NodeFacts,
  identities: readonly Key[],
  { names, namesBlocks }: Readers,
): Kin {
  const keys = identities.filter(names).sort();
  const ways = namesBlocks() ? [exitNode, ...(routes.length > 0 ? [id, ...routes] : [])] : [];
  return { keys, text: JSON.stringify([keys, ways]) };
}

/** How many kinds of nodes are known by number. One that is forgotten gets another number. */
const MOST_KINDS = 16_384;

/** Numbers the kinds of nodes, until a rule or a level changes. */
export class Kinship {
  readonly #readers: Readers;
  #ofMember = new WeakMap<Member, number>();
  readonly #ofKin = new BoundedMap<string, number>(MOST_KINDS);
  #last = 0;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** Two members with the same number are kin. */
  of(member: Member): number {
    const known = this.#ofMember.get(member);
    if (known !== undefined) return known;
    const { text } = kinOf(member.facts, member.identities, this.#readers);
    const number = this.#ofKin.get(text) ?? ++this.#last;
    this.#ofKin.set(text, number);
    this.#ofMember.set(member, number);
    return number;
  }

  forget(): void {
    this.#ofMember = new WeakMap();
    this.#ofKin.clear();
  }
}
