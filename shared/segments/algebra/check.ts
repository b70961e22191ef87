import type { Grant } from "../../node/config/types.ts";
import type { DraftVerdicts } from "../links.ts";
import type { SegmentIndex, SegmentRule, World } from "../types.ts";
import { isTimed, spanAt } from "../windows.ts";
import { classesOf, indexOfClasses, type NodeClass } from "./classes.ts";
import { differenceOf } from "./difference.ts";
import type { Circumstances } from "./permissions.ts";
import { common, minus, type Region, regionOf } from "./region.ts";
import { trafficSet } from "./traffic-line.ts";

/** Rules without effect in a network, as it is. All that are found can be taken away together, and nothing changes. */

export type Finding =
  /** Nobody is on this side of the rule, or the same single node on both. */
  | { readonly kind: "selects_nobody"; readonly rule: string; readonly sides: readonly ("from" | "to")[] }
  /** Its end has passed. */
  | { readonly kind: "ended"; readonly rule: string }
  /** Isolation takes away all that it allows. */
  | { readonly kind: "isolated"; readonly rule: string }
  /** It allows what these rules deny. */
  | { readonly kind: "contradicted"; readonly rule: string; readonly by: readonly string[] }
  /** It denies nothing that a rule allows. */
  | { readonly kind: "idle"; readonly rule: string }
  /** One other rule says all that it says. */
  | { readonly kind: "shadowed"; readonly rule: string; readonly by: readonly string[] }
  /** Several rules together say all that it says. */
  | { readonly kind: "redundant"; readonly rule: string; readonly by: readonly string[] };

/** What became of a rule between two nodes. */
type Outcome =
  | { readonly kind: "useful" | "isolated" | "idle" }
  | { readonly kind: "denied"; readonly by: readonly string[] }
  | { readonly kind: "covered"; readonly by: readonly string[]; readonly alone: readonly string[] };

/** @returns The findings in the order of their rules' ids. */
export function checkRules(world: World, circumstances: Circumstances): Finding[] {
  const check = new Check(world, circumstances.knowledgeOf);
  const removed = new Set<string>();
  const findings: Finding[] = [];
  // The newest first, so that of two rules that say the same the older one stays.
  for (const rule of [...world.rules].sort((a, b) => (a.id < b.id ? 1 : -1))) {
    const finding = hasEnded(rule, circumstances.at)
      ? ({ kind: "ended", rule: rule.id } as const)
      : check.find(rule, removed);
    if (!finding || !canGo(world, rule, removed, circumstances)) continue;
    removed.add(rule.id);
    findings.push(finding);
  }
  return findings.reverse();
}

const hasEnded = (rule: SegmentRule, at: number): boolean => {
  const { holds, until } = spanAt(rule, at);
  return !holds && until === null && rule.notAfter !== undefined;
};

/** A rule that names blocks also decides which way packets take, which only a comparison shows. */
function canGo(
  world: World,
  rule: SegmentRule,
  removed: ReadonlySet<string>,
  circumstances: Circumstances,
): boolean {
  const namesBlocks = [...rule.from, ...rule.to].some(({ kind }) => kind === "subnet" || kind === "internet");
  if (!namesBlocks) return true;
  const rules = world.rules.filter(({ id }) => !removed.has(id));
  const { changes } = differenceOf(
    { ...world, rules },
    { ...world, rules: rules.filter(({ id }) => id !== rule.id) },
    circumstances,
  );
  return changes.length === 0;
}

class Check {
  readonly #index: SegmentIndex;
  /** What rules say between the classes, each once however many pairs it is the same for. */
  readonly #drafts = new Map<string, DraftVerdicts>();
  readonly #draftsOfRule = new Map<string, Set<string>>();
  readonly #regions = new Map<string, Region>();

  constructor(world: World, knowledgeOf: (node: string) => number) {
    const classes = classesOf([world], knowledgeOf);
    this.#index = indexOfClasses(classes, world);
    for (const one of classes) this.#take(one);
  }

  #take({ first }: NodeClass): void {
    for (const { outbound } of this.#index.draftsOf(first).values()) {
      const { allowed, denied, severed } = outbound;
      const key = [allowed, denied, severed].map(textOf).join(" | ");
      if (this.#drafts.has(key)) continue;
      this.#drafts.set(key, outbound);
      for (const { rule } of [...allowed, ...denied, ...severed]) {
        const keys = this.#draftsOfRule.get(rule) ?? new Set();
        this.#draftsOfRule.set(rule, keys.add(key));
      }
    }
  }

  /** @param removed Rules that are taken away already. */
  find(rule: SegmentRule, removed: ReadonlySet<string>): Finding | null {
    const { id } = rule;
    const keys = this.#draftsOfRule.get(id);
    // A condition that nobody meets now is there for the day when somebody does.
    if (!keys)
      return rule.when === undefined
        ? { kind: "selects_nobody", rule: id, sides: this.#emptySides(id) }
        : null;
    const outcomes: Outcome[] = [];
    for (const key of keys) {
      const draft = this.#drafts.get(key) as DraftVerdicts;
      const outcome = this.#outcome(rule, draft, removed);
      if (outcome.kind === "useful") return null;
      outcomes.push(outcome);
    }
    return summary(id, outcomes);
  }

  #emptySides(id: string): ("from" | "to")[] {
    const { from, to } = this.#index.endsOf(id);
    return [...(from.size === 0 ? (["from"] as const) : []), ...(to.size === 0 ? (["to"] as const) : [])];
  }

  #outcome(rule: SegmentRule, { allowed, denied }: DraftVerdicts, removed: ReadonlySet<string>): Outcome {
    const stays = (grant: Grant) => !removed.has(grant.rule);
    const [allows, denies] = [allowed.filter(stays), denied.filter(stays)];
    return rule.effect === "deny"
      ? this.#ofDenial(rule, allows, denies)
      : this.#ofGrant(rule, allows, denies);
  }

  #ofGrant(rule: SegmentRule, allows: readonly Grant[], denies: readonly Grant[]): Outcome {
    const own = this.#region(allows.filter((grant) => grant.rule === rule.id));
    if (own.length === 0) return { kind: "isolated" };
    const lasting = denies.filter((grant) => isUnconditional(this.#terms(grant.rule)));
    const left = minus(own, this.#region(lasting));
    if (left.length === 0) return { kind: "denied", by: this.#touching(own, lasting) };
    return this.#covered(rule, left, allows);
  }

  #ofDenial(rule: SegmentRule, allows: readonly Grant[], denies: readonly Grant[]): Outcome {
    const own = this.#region(denies.filter((grant) => grant.rule === rule.id));
    const felt = common(own, this.#region(allows));
    return felt.length === 0 ? { kind: "idle" } : this.#covered(rule, felt, denies);
  }

  /** Whether other rules say the same, whenever this one holds. */
  #covered(rule: SegmentRule, own: Region, all: readonly Grant[]): Outcome {
    const others = all.filter((grant) => grant.rule !== rule.id && this.#holdsWith(grant.rule, rule));
    if (minus(own, this.#region(others)).length > 0) return { kind: "useful" };
    const by = this.#touching(own, others);
    const alone = by.filter(
      (id) => minus(own, this.#region(others.filter((one) => one.rule === id))).length === 0,
    );
    return { kind: "covered", by, alone };
  }

  /** Whether a rule holds at least whenever the other one does. */
  #holdsWith(id: string, other: SegmentRule): boolean {
    const terms = this.#terms(id);
    return isUnconditional(terms) || conditionsOf(terms) === conditionsOf(other);
  }

  #touching(region: Region, grants: readonly Grant[]): string[] {
    return [...new Set(grants.map(({ rule }) => rule))].filter(
      (id) => common(region, this.#region(grants.filter(({ rule }) => rule === id))).length > 0,
    );
  }

  #terms(id: string): SegmentRule {
    return this.#index.rule(id) as SegmentRule;
  }

  /** The packets of the grants at any time. */
  #region(grants: readonly Grant[]): Region {
    return grants.flatMap((grant) => {
      const key = textOf([grant]);
      const known = this.#regions.get(key) ?? regionOf(grant, trafficSet(this.#terms(grant.rule).traffic));
      this.#regions.set(key, known);
      return known;
    });
  }
}

/** Whether a rule holds at any time, and whatever becomes known of its sources. */
const isUnconditional = (rule: SegmentRule): boolean => !isTimed(rule) && rule.when === undefined;

const conditionsOf = ({ notBefore, notAfter, weekly, when }: SegmentRule): string =>
  JSON.stringify([notBefore, notAfter, weekly, when]);

const textOf = (grants: readonly Grant[]): string =>
  grants.map(({ rule, from, to }) => `${rule} ${from?.join() ?? "-"} ${to?.join() ?? "-"}`).join(";");

function summary(rule: string, outcomes: readonly Outcome[]): Finding {
  const of = <K extends Outcome["kind"]>(kind: K) =>
    outcomes.filter((one): one is Extract<Outcome, { kind: K }> => one.kind === kind);
  const [covered, denied] = [of("covered"), of("denied")];
  if (covered.length > 0) {
    const alone = covered.map((one) => one.alone).reduce((a, b) => a.filter((id) => b.includes(id)));
    if (alone.length > 0 && denied.length === 0) return { kind: "shadowed", rule, by: alone.slice(0, 1) };
    return {
      kind: "redundant",
      rule,
      by: [...new Set([...covered, ...denied].flatMap(({ by }) => by))].sort(),
    };
  }
  if (denied.length > 0)
    return { kind: "contradicted", rule, by: [...new Set(denied.flatMap(({ by }) => by))].sort() };
  return { kind: of("idle").length > 0 ? "idle" : "isolated", rule };
}
