import type { ObservedFlow } from "../flow-graph.ts";
import type { Permissions } from "./permissions.ts";
import { countOf, type Spread, spreadOf } from "./recorded-use.ts";
import { isBetweenNodes } from "./watch.ts";

/** How well a set of nodes is closed off: what is permitted and used, what was tried in vain, and how far a break-in would reach. */

/** Ordered pairs of nodes of which one may open something to the other, and how many did. */
export interface PairUse {
  readonly pairs: number;
  readonly used: number;
}

/** Recorded attempts that filters did not let pass. */
export interface Attempts {
  readonly flows: number;
  /** How many nodes made them. */
  readonly nodes: number;
  readonly connections: number;
}

export interface Effectiveness {
  readonly members: number;
  /** Of so many members the pairs are counted. */
  readonly measured: number;
  readonly inbound: PairUse;
  readonly outbound: PairUse;
  /** From outside to a member, and from a member to outside. */
  readonly deniedIn: Attempts;
  readonly deniedOut: Attempts;
  /**
   * How many nodes a member may open something to, today; if only pairs were permitted that were used; and through others, each of
   * which goes on to those that it may open something to.
   */
  readonly reach: { readonly today: Spread; readonly used: Spread; readonly through: Spread };
  /** The rules that let something pass to or from a member, and how many of them nodes counted packets of. Null: it is not known. */
  readonly rules: { readonly total: number; readonly hit: number | null };
}

/** Of a larger set the pairs of so many members are counted, in the order of their ids. */
const MOST_MEASURED = 200;

/** Judges sets of nodes by what is recorded. */
export class Judge {
  readonly #permissions: Permissions;
  readonly #denied: readonly ObservedFlow[];
  readonly #into: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #outOf: ReadonlyMap<string, ReadonlySet<string>>;

  readonly #hit: ReadonlySet<string> | null;

  /** @param hit The rules of which packets were counted. Null unless all nodes count. */
  constructor(flows: readonly ObservedFlow[], permissions: Permissions, hit: ReadonlySet<string> | null) {
    this.#permissions = permissions;
    this.#hit = hit;
    const between = flows.filter(isBetweenNodes);
    this.#denied = between.filter(({ verdict }) => verdict === "denied");
    const allowed = between.filter(({ verdict }) => verdict === "allowed");
    this.#into = grouped(allowed, ({ source, destination }) => [destination.node, source.node]);
    this.#outOf = grouped(allowed, ({ source, destination }) => [source.node, destination.node]);
  }

  judge(members: readonly string[]): Effectiveness {
    const measured = members.toSorted().slice(0, MOST_MEASURED);
    const isMember = new Set(members);
    const [into, outOf] = [
      measured.map((node) => this.#permissions.sourcesOf(node)),
      measured.map((node) => this.#permissions.destinationsOf(node)),
    ];
    const rules = [...new Set([...into, ...outOf].flat().flatMap((neighbours) => neighbours.rules))];
    const reach = outOf.map(countOf);
    const usedReach = measured.map((node) => this.#outOf.get(node)?.size ?? 0);
    return {
      members: members.length,
      measured: measured.length,
      inbound: {
        pairs: sum(into.map(countOf)),
        used: sum(measured.map((node) => this.#into.get(node)?.size ?? 0)),
      },
      outbound: { pairs: sum(reach), used: sum(usedReach) },
      deniedIn: attemptsOf(
        this.#denied.filter(
          ({ source, destination }) => isMember.has(destination.node) && !isMember.has(source.node),
        ),
      ),
      deniedOut: attemptsOf(
        this.#denied.filter(
          ({ source, destination }) => isMember.has(source.node) && !isMember.has(destination.node),
        ),
      ),
      reach: {
        today: spreadOf(reach),
        used: spreadOf(usedReach),
        through: spreadOf(measured.map((node) => this.#permissions.spreadFrom(node))),
      },
      rules: { total: rules.length, hit: this.#hit && rules.filter((rule) => this.#hit?.has(rule)).length },
    };
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const attemptsOf = (flows: readonly ObservedFlow[]): Attempts => ({
  flows: flows.length,
  nodes: new Set(flows.map(({ source }) => source.node)).size,
  connections: sum(flows.map(({ count }) => count)),
});

function grouped(
  flows: readonly ObservedFlow[],
  pairOf: (flow: ObservedFlow) => readonly [key: string, value: string],
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const flow of flows) {
    const [key, value] = pairOf(flow);
    groups.set(key, (groups.get(key) ?? new Set()).add(value));
  }
  return groups;
}
