import { canonicalPrefix } from "../tunnel/addresses.ts";
import type { Numbers } from "../tunnel/numbers.ts";

/**
 * The kernel's form of the rules of `routingRulesOf`. A rule is known by the agent's mark, table or interface group in it: two
 * agents may want the same rule, and each takes away its own.
 */

/** Before the rules for the main table, and behind those that other programs put far ahead of it. */
const PRIORITY = 0x726e;
/** A rule needs those before it: so they are added, and taken away the other way round. */
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
] as const;
type Kind = (typeof ORDER)[number];
const END = PRIORITY + ORDER.length;
const MAIN = "254";

const priorityOf = (kind: Kind): number => (kind === "end" ? END : PRIORITY + ORDER.indexOf(kind));
const kindOf = (rule: string): Kind => rule.split(" ")[1] as Kind;

export interface RuleJson {
  readonly priority: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly fwmark?: string;
  readonly table?: string;
  readonly suppress_ifgroup?: string;
}

export function ruleArguments(
  rule: string,
  { mark, group, tables }: Numbers,
): { family: string; args: string[] } {
  const [family = "4", , to = ""] = rule.split(" ");
  const kind = kindOf(rule);
  const destination = to === "" ? [] : ["to", to];
  const main = [...destination, "lookup", MAIN, "suppress_ifgroup", String(group)];
  const args: Readonly<Record<Kind, readonly string[]>> = {
    tunnel: ["fwmark", String(mark), "goto", String(END)],
    bypass: main,
    peers: ["lookup", String(tables.peers)],
    finer: [...main, "suppress_prefixlength", String(Number(to.split("/")[1]) - 1)],
    ahead: [...destination, "lookup", String(tables.networks)],
    machine: [...main, "suppress_prefixlength", "0"],
    networks: ["lookup", String(tables.networks)],
    exit: ["lookup", String(tables.exit)],
    // What the machine itself sends comes from its loopback interface, as rules see it.
    "exit-own": ["iif", "lo", "lookup", String(tables.exit)],
    end: ["fwmark", String(mark), "nop"],
  };
  return { family, args: [...args[kind], "priority", String(priorityOf(kind))] };
}

/** The rule in the words of `routingRulesOf`, or null when it is not of this interface's agent. */
export function readRule(rule: RuleJson, family: 4 | 6, { mark, group, tables }: Numbers): string | null {
  const isOurs =
    Object.values(tables)
      .map(String)
      .includes(rule.table ?? "") ||
    Number(rule.fwmark) === mark ||
    Number(rule.suppress_ifgroup) === group;
  const kind = ORDER.find((each) => priorityOf(each) === rule.priority);
  if (!isOurs || kind === undefined) return null;
  const to =
    rule.dst === undefined ? null : canonicalPrefix(`${rule.dst}${rule.dstlen ? `/${rule.dstlen}` : ""}`);
  if (to === null) return `${family} ${kind}`;
  return `${family} ${kind} ${kind === "bypass" ? to.split("/")[0] : to}`;
}

/** In the order in which they may be added; the reverse one takes them away. */
export const inOrder = (rules: readonly string[]): string[] =>
  rules.toSorted((one, other) => ORDER.indexOf(kindOf(one)) - ORDER.indexOf(kindOf(other)));
