import { Candidates } from "./candidates.ts";
import type { FactValue, FactValues } from "./criteria/facts.ts";
import { type Explanation, explainMember } from "./explain-member.ts";
import { drop, setOf } from "./membership.ts";
import {
  type Belonging,
  belongingOf,
  factsOfCriteria,
  type Microsegment,
  type Named,
} from "./microsegment.ts";

/** The microsegments of a node, by id, in order. */
export interface Placement {
  /** Those that every rule means. */
  readonly microsegments: readonly string[];
  /** Those by which denials and isolation mean the node: these, and those of which only a claim made it a member. */
  readonly confinedBy: readonly string[];
}

export const NOWHERE: Placement = { microsegments: [], confinedBy: [] };

export const isSamePlacement = (a: Placement, b: Placement): boolean =>
  a.microsegments.join() === b.microsegments.join() && a.confinedBy.join() === b.confinedBy.join();

interface Placed {
  readonly node: Named;
  readonly facts: FactValues;
  readonly belongings: Map<string, Belonging>;
}

/** What explicit lists read. */
const LISTS = "lists";

/**
 * Which nodes belong to which microsegments. A changed fact costs the evaluation of the criteria that read it and that the node may
 * meet, and a changed microsegment that of its own criteria for each node that may meet them.
 */
export class Placements {
  readonly #microsegments = new Map<string, Microsegment>();
  /** The microsegments whose criteria read a fact. */
  readonly #readers = new Map<string, Set<string>>();
  readonly #candidates = new Candidates();
  readonly #placed = new Map<string, Placed>();

  /** The microsegments in the order of their ids. */
  all(): Microsegment[] {
    return [...this.#microsegments.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @returns The nodes that belong otherwise now. */
  setMicrosegments(wanted: readonly Microsegment[]): Set<string> {
    const byId = new Map(wanted.map((one) => [one.id, one]));
    const moved = new Set<string>();
    for (const before of this.all()) {
      const next = byId.get(before.id);
      if (next && JSON.stringify(next) === JSON.stringify(before)) continue;
      this.#forget(before);
      if (!next)
        for (const [node, { belongings }] of this.#placed) if (belongings.delete(before.id)) moved.add(node);
    }
    const added = [...byId.values()].filter(({ id }) => !this.#microsegments.has(id));
    if (added.length === 0) return moved;
    const candidates = new Candidates();
    for (const one of added) {
      this.#microsegments.set(one.id, one);
      for (const fact of readBy(one)) setOf(this.#readers, fact).add(one.id);
      this.#candidates.add(one);
      candidates.add(one);
    }
    const ids = added.map(({ id }) => id);
    for (const [node, placed] of this.#placed) {
      const concerned = candidates.of(placed.node, placed.facts);
      for (const id of ids) if (placed.belongings.has(id)) concerned.add(id);
      if (this.#judge(placed, concerned)) moved.add(node);
    }
    return moved;
  }

  /** Takes what is known of a node now. */
  place(node: Named, facts: FactValues): Placement {
    const before = this.#placed.get(node.id);
    const placed: Placed = { node, facts, belongings: before?.belongings ?? new Map() };
    this.#placed.set(node.id, placed);
    const changed = before ? changedFacts(before, placed) : [];
    if (before && changed.length === 0) return this.of(node.id);
    const readers = new Set(changed.flatMap((fact) => [...(this.#readers.get(fact) ?? [])]));
    const concerned = this.#candidates.of(node, facts);
    for (const id of placed.belongings.keys()) concerned.add(id);
    this.#judge(placed, before ? [...concerned].filter((id) => readers.has(id)) : concerned);
    return this.of(node.id);
  }

  /** How a node would be placed if some microsegments were others, and some gone. */
  supposing(node: string, others: readonly Microsegment[], gone: readonly string[]): Placement {
    const placed = this.#placed.get(node);
    if (!placed) return NOWHERE;
    const belongings = new Map(placed.belongings);
    for (const id of gone) belongings.delete(id);
    for (const one of others) judge({ ...placed, belongings }, one);
    return placementOf(belongings);
  }

  /** Why a node belongs to a microsegment or not. Null if one of them is unknown. */
  explain(microsegment: string, node: string): Explanation | null {
    const [one, placed] = [this.#microsegments.get(microsegment), this.#placed.get(node)];
    return one && placed ? explainMember(one, placed.node, placed.facts) : null;
  }

  remove(node: string): void {
    this.#placed.delete(node);
  }

  of(node: string): Placement {
    return placementOf(this.#placed.get(node)?.belongings ?? new Map());
  }

  /** @returns Whether the node belongs otherwise now. */
  #judge(placed: Placed, microsegments: Iterable<string>): boolean {
    let isMoved = false;
    for (const id of microsegments) {
      const microsegment = this.#microsegments.get(id);
      if (microsegment && judge(placed, microsegment)) isMoved = true;
    }
    return isMoved;
  }

  #forget(microsegment: Microsegment): void {
    this.#microsegments.delete(microsegment.id);
    this.#candidates.delete(microsegment);
    for (const fact of readBy(microsegment)) drop(this.#readers, fact, microsegment.id);
  }
}

function placementOf(belongings: ReadonlyMap<string, Belonging>): Placement {
  if (belongings.size === 0) return NOWHERE;
  const among = (...kinds: Belonging[]) =>
    [...belongings].flatMap(([id, belonging]) => (kinds.includes(belonging) ? [id] : [])).sort();
  return { microsegments: among("full"), confinedBy: among("full", "narrow") };
}

/** The placement of a node that is known to nobody yet. */
export function placementIn(
  microsegments: readonly Microsegment[],
  node: Named,
  facts: FactValues,
): Placement {
  const placed: Placed = { node, facts, belongings: new Map() };
  for (const one of microsegments) judge(placed, one);
  return placementOf(placed.belongings);
}

const readBy = (microsegment: Microsegment): Set<string> => factsOfCriteria(microsegment).add(LISTS);

/** Keeps only what is a membership. @returns Whether the node belongs otherwise now. */
function judge({ node, facts, belongings }: Placed, microsegment: Microsegment): boolean {
  const before = belongings.get(microsegment.id) ?? "none";
  const found = belongingOf(microsegment, node, facts);
  const after = found === "undecided" ? "none" : found;
  if (after === "none") belongings.delete(microsegment.id);
  else belongings.set(microsegment.id, after);
  return before !== after;
}

function changedFacts(before: Placed, after: Placed): string[] {
  const names = new Set([...before.facts.keys(), ...after.facts.keys()]);
  const changed = [...names].filter((name) => !isSame(before.facts.get(name), after.facts.get(name)));
  const isRenamed = JSON.stringify(before.node) !== JSON.stringify(after.node);
  return isRenamed ? [...changed, LISTS] : changed;
}

const isSame = (a: FactValue | undefined, b: FactValue | undefined): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
