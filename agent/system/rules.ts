import { canonicalPrefix } from "../tunnel/addresses.ts";
import type { Numbers } from "../tunnel/numbers.ts";
import type { RoutingRule } from "../tunnel/routing.ts";

/**
 * The kernel's form of the rules of `routingRulesOf`. A rule of the agent contains the agent's mark, table or interface
 * group. Two agents may want the same rule, and each removes only its own.
 */

/**
 * The priority of all rules of the agent. They come before the rules for the main table, and after rules that other
 * programs put far ahead of those.
 */
const PRIORITY = 0x726e;
/**
 * A rule relies on the rules before it in this list. So the agent adds rules in this order, and removes them in the
 * reverse order.
 */
const ORDER = [
  "end",
  "tunnel",
  "bypass",
  "peers",
  "finer",
  "ahead",
  "machine",
  "networks",
  "exit",
  "exit-own",
] as const satisfies readonly RoutingRule["kind"][];
type Kind = Exclude<RoutingRule["kind"], "strange">;
const END = PRIORITY + ORDER.length;
const MAIN = "254";

const priorityOf = (kind: Kind): number => (kind === "end" ? END : PRIORITY + ORDER.indexOf(kind));

export interface RuleJson {
  readonly priority: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly fwmark?: string;
  readonly table?: string;
  readonly suppress_ifgroup?: string;
}

/** The arguments that follow `ip -FAMILY rule add` or `del`. */
export function ruleArguments(rule: RoutingRule, numbers: Numbers): string[] {
  if (rule.kind === "strange") return [...rule.selection];
  return [...selectionOf(rule, numbers), "priority", String(priorityOf(rule.kind))];
}

function selectionOf(
  rule: Exclude<RoutingRule, { kind: "strange" }>,
  { mark, group, tables }: Numbers,
): string[] {
  const main = ["lookup", MAIN, "suppress_ifgroup", String(group)];
  switch (rule.kind) {
    case "tunnel":
      return ["fwmark", String(mark), "goto", String(END)];
    case "bypass":
      return ["to", rule.address, ...main];
    case "peers":
      return ["lookup", String(tables.peers)];
    case "finer":
      return ["to", rule.network, ...main, "suppress_prefixlength", String(lengthOf(rule.network) - 1)];
    case "ahead":
      return ["to", rule.network, "lookup", String(tables.networks)];
    case "machine":
      return [...main, "suppress_prefixlength", "0"];
    case "networks":
      return ["lookup", String(tables.networks)];
    case "exit":
      return ["lookup", String(tables.exit)];
    case "exit-own":
      // For routing rules, packets of the machine itself come from its loopback interface.
      return ["iif", "lo", "lookup", String(tables.exit)];
    case "end":
      return ["fwmark", String(mark), "nop"];
  }
}

const lengthOf = (network: string): number => Number(network.split("/")[1]);

/** Translates a rule of the kernel. Null when the rule does not belong to this interface's agent. */
export function readRule(
  rule: RuleJson,
  family: 4 | 6,
  { mark, group, tables }: Numbers,
): RoutingRule | null {
  const isOurs =
    Object.values(tables)
      .map(String)
      .includes(rule.table ?? "") ||
    Number(rule.fwmark) === mark ||
    Number(rule.suppress_ifgroup) === group;
  const kind = ORDER.find((each) => priorityOf(each) === rule.priority);
  if (!isOurs || kind === undefined) return null;
  const length = rule.dstlen ? `/${rule.dstlen}` : "";
  const to = rule.dst === undefined ? null : canonicalPrefix(rule.dst + length);
  if (kind === "bypass" && to !== null) return { family, kind, address: to.split("/")[0] ?? "" };
  if ((kind === "finer" || kind === "ahead") && to !== null) return { family, kind, network: to };
  const isMeantForAll = kind !== "bypass" && kind !== "finer" && kind !== "ahead";
  if (isMeantForAll && rule.dst === undefined) return { family, kind };
  return { family, kind: "strange", selection: asFound(rule) };
}

/** The fields that identify a rule, in the kernel's form. */
function asFound({ priority, dst, dstlen, fwmark, table, suppress_ifgroup: group }: RuleJson): string[] {
  return [
    ...(dst === undefined ? [] : ["to", dst + (dstlen ? `/${dstlen}` : "")]),
    ...(fwmark === undefined ? [] : ["fwmark", fwmark]),
    ...(table === undefined ? [] : ["lookup", table]),
    ...(group === undefined ? [] : ["suppress_ifgroup", group]),
    ...["priority", String(priority)],
  ];
}

/** The rules in the order in which they may be added. The reverse order removes them. */
export const inOrder = (rules: readonly RoutingRule[]): RoutingRule[] =>
  rules.toSorted((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ kind }: RoutingRule): number => (kind === "strange" ? -1 : ORDER.indexOf(kind));
