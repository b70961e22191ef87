import type { Traffic } from "../node/config/types.ts";
import { type Believed, evaluate, type Truth } from "./criteria/evaluate.ts";
import { type Expression, factsRead } from "./criteria/expression.ts";
import type { FactValues, MicrosegmentType } from "./criteria/facts.ts";
import { printSelector } from "./selector.ts";
import type { SegmentRule, Selector } from "./types.ts";

/**
 * A microsegment is a named set of nodes, by criteria and by explicit lists. A node is in many of them, and has one home
 * segment beside.
 */

export const ISOLATION_LEVELS = ["open", "standard", "strict", "quarantine"] as const;
/**
 * What follows from being a member, beside the rules. `open`: members reach each other. `standard`: nothing.
 * `strict`: members don't reach each other, whatever rules say. `quarantine`: members reach the remediation hosts and
 * nobody else.
 */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

/** A node, tag or user. Nodes are named by id. */
export type MemberSelector = Extract<Selector, { readonly kind: "node" | "tag" | "user" }>;

export interface Microsegment {
  readonly id: string;
  readonly name: string;
  readonly type: MicrosegmentType;
  readonly isolation: IsolationLevel;
  /** Which nodes are members. Null: only those in `include`. */
  readonly where: Expression | null;
  /** Which nodes are no members even so. */
  readonly unless: Expression | null;
  readonly include: readonly MemberSelector[];
  readonly exclude: readonly MemberSelector[];
  /** Whom members may reach in quarantine. */
  readonly remediation: readonly MemberSelector[];
  /** The most that rules may let into its members. Empty: anything. */
  readonly atMost: readonly Traffic[];
  /** Whether what a node claims of itself may make it a member that rules let in. */
  readonly acceptsClaims: boolean;
}

/**
 * `full`: every rule that names the microsegment means the node. `narrow`: only denials and isolation mean it, since a claim
 * made it a member, or a fact is missing that might exclude it. `undecided`: a fact is missing without which it is no member.
 */
export type Belonging = "full" | "narrow" | "undecided" | "none";

/** What the explicit lists are compared with. */
export interface Named {
  readonly id: string;
  readonly tags: readonly string[];
  readonly user: string | null;
}

export const isNamed = (node: Named, selectors: readonly MemberSelector[]): boolean => {
  if (selectors.length === 0) return false;
  const listed = LISTED.get(selectors) ?? new Set(selectors.map(printSelector));
  LISTED.set(selectors, listed);
  return namesOf(node).some((name) => listed.has(name));
};

/** A list may have thousands of entries, and is asked about each node. */
const LISTED = new WeakMap<readonly MemberSelector[], ReadonlySet<string>>();

/** The selectors that name the node in explicit lists. */
export const namesOf = ({ id, tags, user }: Named): string[] => [
  `node:${id}`,
  ...tags.map((tag) => `tag:${tag}`),
  ...(user === null ? [] : [`user:${user}`]),
];

/**
 * How a node belongs to a microsegment. Exclusions win. A claim is believed where it narrows: for a full membership it
 * can take away and not give; for what isolation and denials are about it can give and not take away. So no lie of a node
 * lets it reach more.
 */
export function belongingOf(microsegment: Microsegment, node: Named, facts: FactValues): Belonging {
  const { where, unless, include, exclude, acceptsClaims } = microsegment;
  if (isNamed(node, exclude)) return "none";
  const believed = acceptsClaims ? "all" : "stated";
  const isListed = isNamed(node, include);
  const isIn = (whose: Believed): Truth => isListed || (where !== null && evaluate(where, facts, whose));
  const isOut = (whose: Believed): Truth => unless !== null && evaluate(unless, facts, whose);
  if (isIn(believed) === true && isOut("all") === false) return "full";
  const isInAtAll = isIn("all");
  if (isInAtAll === false || isOut(believed) === true) return "none";
  return isInAtAll === true ? "narrow" : "undecided";
}

/** The names of the facts that decide about members. Explicit lists read the node's tags and owner, too. */
export const factsOfCriteria = ({ where, unless }: Microsegment): Set<string> =>
  new Set([...factsRead(where), ...factsRead(unless)]);

/**
 * The conditions of rules, as microsegments with the ids of their rules: placed like them, and no microsegments otherwise. A
 * claim may not make a node meet the condition of a rule that allows.
 */
export const conditionsOf = (rules: readonly SegmentRule[]): Microsegment[] =>
  rules.flatMap(({ id, name, when }) =>
    when === undefined
      ? []
      : [
          {
            ...{ id, name, type: "device", isolation: "standard", where: when, unless: null },
            ...{ include: [], exclude: [], remediation: [], atMost: [], acceptsClaims: false },
          },
        ],
  );
