import { filterTable, PASSED_COUNTERS, TABLE_PREFIX } from "../../shared/node/filter.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { condition } from "../health/condition.ts";
import { run } from "./exec.ts";

/**
 * Finds other firewalls of this machine that drop packets which the agent's filter lets pass: ufw, firewalld, Docker,
 * or rules made by hand.
 */

interface Rule {
  readonly chain: string;
  readonly expr: readonly Readonly<Record<string, unknown>>[];
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface Counter {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly packets: number;
}

/** The output of `nft -j list ruleset`. */
export interface Ruleset {
  readonly nftables: readonly {
    readonly chain?: Chain;
    readonly rule?: Rule & { readonly family: string; readonly table: string };
    readonly counter?: Counter;
  }[];
}

export interface Passage {
  readonly interfaceName: string;
  readonly listenPort: number;
  /** Whether this machine forwards packets for peers. */
  readonly forwards: boolean;
}

/** @throws CommandFailed when nftables can't be asked. */
export async function otherFirewalls(passage: Passage): Promise<Condition[]> {
  return findDrops(JSON.parse(await run(["nft", "-j", "list", "ruleset"])) as Ruleset, passage);
}

/** A smaller number of packets proves nothing. */
const ENOUGH_PACKETS = 5;

/**
 * Finds two kinds of trouble. The rules of another firewall drop packets of the tunnel, or no packet came through
 * although the agent's filter let packets pass.
 */
export function findDrops(ruleset: Ruleset, passage: Passage): Condition[] {
  const tables = tablesOf(ruleset);
  const hooks = passage.forwards ? (["forward", "input"] as const) : (["input"] as const);
  return hooks.flatMap((hook) => {
    const blocking = tables.flatMap((table) =>
      table
        .bases(hook)
        .filter((base) => table.drops(base, hook, passage))
        .map((base) => ({ table, base })),
    );
    const isProven = nothingPassed(ruleset, hook, passage.interfaceName);
    if (blocking.length === 0 && !isProven) return [];
    const named = blocking.map(({ table, base }) => `${table.name} ${base.name}${toolOf(table)}`).join(", ");
    const [first] = blocking;
    const remedy = first ? `; ${remedyFor(first.table, first.base, hook, passage)}` : "";
    const what = hook === "forward" ? "forwarded packets" : "what comes in by the tunnel or to its port";
    return [
      condition(
        `firewall_${hook}`,
        `Another firewall drops ${what}: ${named || "not one of nftables"}${isProven ? ", and nothing passed" : ""}${remedy}`,
      ),
    ];
  });
}

/** Whether the agent's filter let packets pass, and not one of them came out behind all other filters of the hook. */
function nothingPassed({ nftables }: Ruleset, hook: "forward" | "input", interfaceName: string): boolean {
  const packets = (name: string): number =>
    nftables.find(
      ({ counter }) =>
        counter?.name === name && `${counter.family} ${counter.table}` === filterTable(interfaceName),
    )?.counter?.packets ?? 0;
  const { before, behind } = PASSED_COUNTERS[hook];
  return packets(before) >= ENOUGH_PACKETS && packets(behind) === 0;
}

class Table {
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly #rules: ReadonlyMap<string, readonly Rule[]>;

  constructor(name: string, chains: readonly Chain[], rules: readonly Rule[]) {
    this.name = name;
    this.chains = new Map(chains.map((chain) => [chain.name, chain]));
    this.#rules = Map.groupBy(rules, (rule) => rule.chain);
  }

  bases(hook: string): Chain[] {
    return [...this.chains.values()].filter((chain) => chain.hook === hook);
  }

  /** Whether this chain would drop a packet of the tunnel that no rule names. */
  drops(base: Chain, hook: "forward" | "input", passage: Passage): boolean {
    const reached = this.#reachedFrom(base.name, new Set());
    const named = reached.filter((rule) => isNamed(rule, hook, passage)).map(verdictOf);
    if (named.includes("accept")) return false;
    return named.includes("drop") || base.policy === "drop" || this.#endsInDrop(base.name, new Set());
  }

  #reachedFrom(chain: string, seen: Set<string>): Rule[] {
    if (seen.has(chain)) return [];
    seen.add(chain);
    return (this.#rules.get(chain) ?? []).flatMap((rule) => {
      const next = targetOf(rule);
      return [rule, ...(next === null ? [] : this.#reachedFrom(next, seen))];
    });
  }

  /** Whether an unconditional rule drops every packet, in this chain or in a chain that every packet goes to. */
  #endsInDrop(chain: string, seen: Set<string>): boolean {
    if (seen.has(chain)) return false;
    seen.add(chain);
    for (const rule of (this.#rules.get(chain) ?? []).filter(isUnconditional)) {
      const verdict = verdictOf(rule);
      if (verdict !== null) return verdict === "drop";
      const next = targetOf(rule);
      if (next !== null && this.#endsInDrop(next, seen)) return true;
    }
    return false;
  }
}

/** All tables except those of agents. */
function tablesOf({ nftables }: Ruleset): Table[] {
  const nameOf = ({ family, table }: { family: string; table: string }) => `${family} ${table}`;
  const chains = Map.groupBy(
    nftables.flatMap(({ chain }) => chain ?? []),
    nameOf,
  );
  const rules = Map.groupBy(
    nftables.flatMap(({ rule }) => rule ?? []),
    nameOf,
  );
  return [...chains]
    .filter(
      ([, [first]]) =>
        first && ["inet", "ip", "ip6"].includes(first.family) && !first.table.startsWith(TABLE_PREFIX),
    )
    .map(([name, list]) => new Table(name, list, rules.get(name) ?? []));
}

function verdictOf({ expr }: Rule): "accept" | "drop" | null {
  if (expr.some((part) => "accept" in part)) return "accept";
  return expr.some((part) => "drop" in part || "reject" in part) ? "drop" : null;
}

function targetOf({ expr }: Rule): string | null {
  const jump = expr.map((part) => (part.jump ?? part.goto) as { target: string } | undefined).find(Boolean);
  return jump?.target ?? null;
}

const HARMLESS = new Set(["counter", "log", "accept", "drop", "reject", "jump", "goto", "comment"]);
const isUnconditional = ({ expr }: Rule): boolean =>
  expr.every((part) => Object.keys(part).every((key) => HARMLESS.has(key)));

/** Whether a rule names the tunnel: its interface, or its port on the hook where encrypted packets come in. */
function isNamed(rule: Rule, hook: "forward" | "input", { interfaceName, listenPort }: Passage): boolean {
  const text = JSON.stringify(rule.expr);
  return (
    text.includes(`"${interfaceName}"`) ||
    (hook === "input" && text.includes('"dport"') && new RegExp(`\\b${listenPort}\\b`).test(text))
  );
}

const isUfw = (table: Table): boolean => [...table.chains.keys()].some((name) => name.startsWith("ufw"));
const isDocker = (table: Table): boolean => table.chains.has("DOCKER-USER") || table.chains.has("DOCKER");

function toolOf(table: Table): string {
  if (isUfw(table)) return " (ufw)";
  if (table.name.endsWith(" firewalld")) return " (firewalld)";
  return isDocker(table) ? " (Docker)" : "";
}

function remedyFor(table: Table, base: Chain, hook: "forward" | "input", passage: Passage): string {
  const { interfaceName: name, listenPort } = passage;
  const both = (line: (direction: "i" | "o") => string) => `${line("i")} && ${line("o")}`;
  if (isUfw(table))
    return hook === "input"
      ? `ufw allow ${listenPort}/udp && ufw allow in on ${name}`
      : `ufw route allow in on ${name} && ufw route allow out on ${name}`;
  if (table.name.endsWith(" firewalld"))
    return `firewall-cmd --permanent --zone=trusted --add-interface=${name} && firewall-cmd --permanent --add-port=${listenPort}/udp && firewall-cmd --reload`;
  const iptables = base.family === "ip6" ? "ip6tables" : "iptables";
  if (hook === "forward" && isDocker(table))
    return both((direction) => `${iptables} -I DOCKER-USER -${direction} ${name} -j ACCEPT`);
  if (base.table === "filter" && base.family !== "inet" && base.name === base.name.toUpperCase())
    return hook === "forward"
      ? both((direction) => `${iptables} -I ${base.name} -${direction} ${name} -j ACCEPT`)
      : `${iptables} -I ${base.name} -i ${name} -j ACCEPT && ${iptables} -I ${base.name} -p udp --dport ${listenPort} -j ACCEPT`;
  const rule = (match: string) => `nft insert rule ${table.name} ${base.name} ${match} accept`;
  return hook === "forward"
    ? `${rule(`iifname ${name}`)} && ${rule(`oifname ${name}`)}`
    : `${rule(`iifname ${name}`)} && ${rule(`udp dport ${listenPort}`)}`;
}
