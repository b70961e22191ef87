import { printTrafficSet, type TrafficSet } from "../algebra/traffic-line.ts";
import type { Explanation } from "../explain-member.ts";
import { printSelector } from "../selector.ts";
import type { SegmentIndex, Selector } from "../types.ts";
import type { End } from "./ends.ts";
import type { Cause, Share, SpeakingRule, Why } from "./why.ts";

/** An answer with names instead of ids, and with sentences for what stands in the way. */
export interface WhyInWords {
  readonly verdict: Why["verdict"];
  readonly from: NamedEnd;
  readonly to: NamedEnd;
  readonly passing: string[];
  readonly stopped: string[];
  readonly rules: RuleInWords[];
  readonly causes: {
    readonly kind: Cause["kind"];
    readonly detail: string;
    readonly remedy: string;
  }[];
  /** The two nodes whose filters enforce it, and how much each lets through. */
  readonly enforcedAt: { readonly node: string; readonly name: string; readonly lets: Share }[];
  /** Why each end belongs to the microsegments that the rules name. */
  readonly memberships: MembershipInWords[];
}

interface NamedEnd extends End {
  readonly name: string;
}

interface RuleInWords {
  readonly id: string;
  readonly name: string;
  readonly effect: "allow" | "deny";
  readonly holds: boolean;
  readonly until: number | null;
  readonly from: string[];
  readonly to: string[];
  readonly traffic: string[];
  readonly decides: boolean;
}

interface MembershipInWords {
  readonly node: string;
  readonly name: string;
  readonly microsegment: string;
  readonly belonging: Explanation["belonging"];
  readonly detail: string;
  /** The tests of its criterion, with the facts that they read. */
  readonly tests: {
    readonly test: string;
    readonly value: string;
    readonly source: string;
    readonly holds: boolean | null;
  }[];
}

/** What the words need beside the answer. */
export interface Vocabulary {
  readonly index: SegmentIndex;
  /** The name of a home segment or microsegment. */
  readonly segmentName: (id: string) => string;
  /** Why a node is a member of a microsegment. Null if there is none with this id. */
  readonly explain: (microsegment: string, node: string) => Explanation | null;
}

export function inWords(answer: Why, from: End, to: End, vocabulary: Vocabulary): WhyInWords {
  const { index } = vocabulary;
  const named = (end: End): NamedEnd => ({ ...end, name: nameOf(end.node, index) });
  const at = ({ node }: End, lets: Share) => ({ node, name: nameOf(node, index), lets });
  return {
    verdict: answer.verdict,
    from: named(from),
    to: named(to),
    passing: printTrafficSet(answer.passing),
    stopped: printTrafficSet(answer.stopped),
    rules: answer.rules.map((rule) => ruleInWords(rule, vocabulary)),
    causes: answer.causes.map((cause) => ({
      kind: cause.kind,
      ...causeInWords(cause, from, to, vocabulary),
    })),
    enforcedAt: [at(from, answer.filters.source), at(to, answer.filters.destination)],
    memberships: memberships(answer, from, to, vocabulary),
  };
}

const nameOf = (node: string, index: SegmentIndex): string => index.node(node)?.name ?? node;

function ruleInWords(
  { rule, holds, until, from, to, traffic, decides }: SpeakingRule,
  words: Vocabulary,
): RuleInWords {
  return {
    ...{ id: rule.id, name: rule.name, effect: rule.effect ?? "allow", holds, until, decides },
    from: from.map((selector) => selectorInWords(selector, words)),
    to: to.map((selector) => selectorInWords(selector, words)),
    traffic: printTrafficSet(traffic),
  };
}

/** A selector as people write it, with names. */
export function selectorInWords(
  selector: Selector,
  { index, segmentName }: Pick<Vocabulary, "index" | "segmentName">,
): string {
  switch (selector.kind) {
    case "segment":
      return printSelector({ kind: "segment", segment: segmentName(selector.segment) });
    case "node":
      return printSelector({ kind: "node", node: nameOf(selector.node, index) });
    default:
      return printSelector(selector);
  }
}

/**
 * The microsegments that the rules between the two name, the ones that part them, and those by which a rule nearly meant
 * them. The condition of a rule is placed like a microsegment with the rule's id.
 */
function memberships(answer: Why, from: End, to: End, words: Vocabulary): MembershipInWords[] {
  const asked = new Map<string, readonly [node: string, segment: string]>();
  const ask = (end: End, selectors: readonly Selector[]) => {
    for (const selector of selectors)
      if (selector.kind === "segment")
        asked.set(`${end.node} ${selector.segment}`, [end.node, selector.segment]);
  };
  const askCondition = (rule: string) => {
    if (words.index.rule(rule)?.when !== undefined) asked.set(`${from.node} ${rule}`, [from.node, rule]);
  };
  for (const { rule, ...sides } of answer.rules) {
    ask(from, sides.from);
    ask(to, sides.to);
    askCondition(rule.id);
  }
  for (const cause of answer.causes) {
    if (cause.kind === "isolation") {
      for (const segment of cause.microsegments)
        for (const end of [from, to]) ask(end, [{ kind: "segment", segment }]);
    }
    if (cause.kind !== "no_rule") continue;
    for (const { rule, misses } of cause.nearly) {
      if (misses === "condition") askCondition(rule);
      else ask(misses === "from" ? from : to, words.index.rule(rule)?.[misses] ?? []);
    }
  }
  return [...asked.values()].flatMap(([node, segment]) => {
    const explained = words.explain(segment, node);
    if (!explained) return [];
    const { belonging, detail, where, unless } = explained;
    const tests = [...where, ...unless].map(({ test, value, source, holds }) => ({
      ...{ test, source, holds },
      value: value === null ? "not known" : Array.isArray(value) ? value.join(", ") : String(value),
    }));
    return [
      {
        node,
        name: nameOf(node, words.index),
        microsegment: membershipName(segment, words),
        belonging,
        detail,
        tests,
      },
    ];
  });
}

const membershipName = (id: string, { index, segmentName }: Vocabulary): string => {
  const rule = index.rule(id);
  return rule ? `condition of ${rule.name}` : segmentName(id);
};

interface Sentences {
  /** What stands in the way, and what would have to hold instead. */
  readonly detail: string;
  readonly remedy: string;
}

function causeInWords(cause: Cause, from: End, to: End, words: Vocabulary): Sentences {
  const { index, segmentName } = words;
  const rule = (id: string) => `the rule ${index.rule(id)?.name ?? id}`;
  const [source, destination] = [nameOf(from.node, index), nameOf(to.node, index)];
  switch (cause.kind) {
    case "same_node":
      return {
        detail: `Both ends are ${source}: rules are about traffic between nodes.`,
        remedy: "Name two nodes.",
      };
    case "not_a_member":
      return {
        detail: `${nameOf(cause.node, index)} has no peers: it is not approved, or it was revoked, expired or shut out.`,
        remedy: `Let it in: rustronaut nodes approve ${nameOf(cause.node, index)}`,
      };
    case "contained":
      return {
        detail: `${nameOf(cause.node, index)} is in quarantine: only rules that name \`quarantine\` mean it.`,
        remedy: `Release it, or write a rule that names quarantine.`,
      };
    case "isolation":
      return {
        detail: `A rule allows it, and the isolation of ${listed(cause.microsegments.map(segmentName))} keeps the two apart.`,
        remedy: "One of them would have to leave the microsegment, or its level be another.",
      };
    case "denied":
      return {
        detail: `${capital(rule(cause.rule))} denies ${trafficWords(cause.traffic)}. What one rule denies no other allows.`,
        remedy: `${capital(rule(cause.rule))} would have to mean less, or be switched off.`,
      };
    case "not_now":
      return {
        detail: `${capital(rule(cause.rule))} allows it, but ${cause.holdsFrom === null ? "has ended" : "does not hold now"}.`,
        remedy:
          cause.holdsFrom === null
            ? "Its end would have to be later."
            : `It holds from ${new Date(cause.holdsFrom).toISOString().slice(0, 16).replace("T", " ")} UTC on.`,
      };
    case "no_rule":
      return {
        detail: `No rule allows ${trafficWords(cause.traffic)} from ${endWords(from, source)} to ${endWords(to, destination)}.`,
        remedy:
          cause.nearly
            .map(({ rule: id, misses }) => {
              const of = index.rule(id);
              if (misses === "condition")
                return `${capital(rule(id))} would allow it if ${source} met its condition: ${unmet(id, from.node, words)}.`;
              const selectors = (of?.[misses] ?? []).map((selector) => selectorInWords(selector, words));
              const end = misses === "from" ? endWords(from, source) : endWords(to, destination);
              return `${capital(rule(id))} would allow it if ${end} were ${listed(selectors, "or")}.`;
            })
            .join(" ") || "A rule would have to allow it.",
      };
    case "old_agent":
      return {
        detail: `The agent of ${nameOf(cause.node, index)} is too old for a rule between the two, so it is not given the rule.`,
        remedy: "Upgrade the agent.",
      };
    case "no_way":
      return {
        detail: `Rules allow it, but packets for ${cause.address} do not go by ${from.address === cause.address ? source : destination}: no approved route leads there, or another one is closer.`,
        remedy: "Its route would have to be approved, and be the closest one around the address.",
      };
    case "too_many":
      return {
        detail:
          "More rules speak of the two nodes than a node takes for one peer; those with the highest ids are left out.",
        remedy: "Join rules into fewer ones.",
      };
  }
}

/** The tests of a rule's condition that do not hold for a node. */
function unmet(rule: string, node: string, { explain }: Vocabulary): string {
  const tests = explain(rule, node)?.where.filter(({ holds }) => holds !== true) ?? [];
  return (
    listed(tests.map(({ test, value }) => (value === null ? `${test} (nobody states it)` : test))) ||
    "see the rule"
  );
}

const endWords = ({ address }: End, name: string): string =>
  address === null ? name : `${address} behind ${name}`;
const trafficWords = (set: TrafficSet): string => listed(printTrafficSet(set));
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function listed(words: readonly string[], join = "and"): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} ${join} ${words.at(-1)}`;
}
