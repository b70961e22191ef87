import { contains, formatPrefix, hostOf, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import type { Fault } from "./fault.ts";
import type { MeantRule } from "./meaning.ts";
import type { Term } from "./term.ts";
import { ALL_PORTS, type Passing } from "./traffic.ts";

/** The machines and people of the network that the policy file speaks of. */
export interface Inventory {
  readonly nodes: readonly InventoryNode[];
  /** E-mail addresses. */
  readonly users: readonly string[];
  readonly tags: readonly string[];
}

export interface InventoryNode {
  readonly name: string;
  /** Its addresses there. Here it has others. */
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  /** The e-mail address of its owner. A machine with tags has none. */
  readonly user: string | null;
  /** The approved routes. */
  readonly routes: readonly string[];
}

/** A rule as the document of the network has it. */
export interface ImportedRule {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly traffic: readonly string[];
}

export interface Imported {
  readonly rules: readonly ImportedRule[];
  /** What could not be carried over. */
  readonly left: readonly Fault[];
}

/** Selectors that mean the same here. A named address has one family, a machine has both. */
interface Named {
  readonly both: readonly string[];
  readonly 4: readonly string[];
  readonly 6: readonly string[];
}

/** Translates what a policy file lets pass into rules with the same meaning. */
export function toRules(meant: readonly MeantRule[], inventory: Inventory): Imported {
  const translation = new Translation(inventory);
  const rules = meant.flatMap((rule) => translation.rulesFor(rule));
  return { rules, left: translation.left };
}

class Translation {
  readonly left: Fault[] = [];
  readonly #inventory: Inventory;
  readonly #routes: readonly Prefix[];

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    this.#routes = [...new Set(inventory.nodes.flatMap(({ routes }) => routes))]
      .map(prefixOf)
      .filter((route) => route !== null)
      .filter((route) => !isDefaultRoute(route));
  }

  rulesFor(rule: MeantRule): ImportedRule[] {
    this.#checkVia(rule);
    const name = nameOf(rule.at);
    const from = together(rule.from.map((term) => this.#named(term, "src")));
    const groups = Map.groupBy(rule.to, ({ passing }) => JSON.stringify(passing));
    const several = groups.size > 1;
    return [...groups.values()].flatMap((destinations, index) => {
      const part = several ? `${name}.${index + 1}` : name;
      const passing = destinations[0]?.passing ?? [];
      const others = destinations.filter(({ term }) => term.kind !== "self");
      const to = together(others.map(({ term }) => this.#named(term, "dst")));
      return [
        ...this.#between(part, from, to, passing, rule.at),
        ...(others.length < destinations.length ? this.#ownMachines(part, rule, passing) : []),
      ];
    });
  }

  #between(name: string, from: Named, to: Named, passing: readonly Passing[], at: string): ImportedRule[] {
    return ([null, 4, 6] as const).flatMap((family) => {
      const sides = familyPairs(from, to, family);
      const traffic = this.#traffic(passing, family, at);
      if (traffic.length === 0) return [];
      return sides.flatMap(inRules).map(({ sources, destinations }, index) => ({
        name: [name, family === null ? "" : `IPv${family}`, index > 0 ? `${index + 1}` : ""]
          .filter(Boolean)
          .join(" "),
        from: sources,
        to: destinations,
        traffic,
      }));
    });
  }

  /** One rule for each person whose machines may reach each other. */
  #ownMachines(name: string, { from, at }: MeantRule, passing: readonly Passing[]): ImportedRule[] {
    const people = new Set(from.flatMap((term) => this.#people(term)));
    const traffic = this.#traffic(passing, null, at);
    if (traffic.length === 0) return [];
    return [...people].map((person) => ({
      name: `${name} ${person}`,
      from: [`user:${person}`],
      to: [`user:${person}`],
      traffic,
    }));
  }

  #people(term: Term): readonly string[] {
    switch (term.kind) {
      case "users":
        return term.users;
      case "domain":
        return this.#inventory.users.filter((user) => user.endsWith(`@${term.domain}`));
      case "all":
      case "members":
        return this.#inventory.users;
      default:
        return [];
    }
  }

  #named(term: Term, side: "src" | "dst"): Named {
    switch (term.kind) {
      case "all":
        return both(["any", ...this.#routes.map(subnet), ...(side === "dst" ? ["internet"] : [])]);
      case "members":
      case "users":
      case "domain":
        return both(this.#people(term).map((user) => `user:${user}`));
      case "tagged":
        return both(this.#inventory.tags.map((tag) => `tag:${tag}`));
      case "tag":
        return both([`tag:${term.tag}`]);
      case "internet":
        return both(["internet"]);
      case "self":
        return both([]);
      case "addresses":
        return this.#at(term.prefix);
    }
  }

  /** The machines with an address in the block, and the networks behind routers that belong to it. */
  #at(prefix: Prefix): Named {
    const machines = this.#inventory.nodes
      .filter(({ addresses }) => addresses.some((address) => isIn(prefix, address)))
      .map(({ name }) => `node:${name}`);
    const inside = this.#routes.filter((route) => contains(prefix, route) && !contains(route, prefix));
    const networks = [prefix, ...inside].filter((each) => !isDefaultRoute(each) && !isOfMachines(each));
    const named: Named = both(networks.map(subnet));
    return prefix.version === 4 ? { ...named, 4: machines } : { ...named, 6: machines };
  }

  #traffic(passing: readonly Passing[], family: 4 | 6 | null, at: string): string[] {
    const texts = new Set<string>();
    for (const { protocols, ports } of passing) {
      for (const protocol of protocols) {
        const text = trafficOf(protocol, ports, family);
        if (text !== null) texts.add(text);
        else if (!NAMES.has(protocol))
          this.#leave(
            at,
            `IP protocol ${protocol} has no rule of its own here`,
            "Allow `any`, if it must pass",
          );
      }
    }
    if (texts.has("icmp4") && texts.has("icmp6"))
      return [...new Set([...texts].map((text) => (text.startsWith("icmp") ? "icmp" : text)))];
    return [...texts];
  }

  /** A rule that names routers is carried over where no other router leads to the same network. */
  #checkVia({ via, to, at }: MeantRule): void {
    if (via.length === 0) return;
    const destinations = to.flatMap(({ term }) => (term.kind === "addresses" ? [term.prefix] : []));
    const strange = this.#inventory.nodes.filter(
      ({ tags, routes }) =>
        !tags.some((tag) => via.includes(tag)) &&
        routes
          .map(prefixOf)
          .some((route) => route !== null && destinations.some((each) => contains(route, each))),
    );
    if (strange.length > 0)
      this.#leave(at, "which router is taken can't be said here", "Approve the route on one of the routers");
  }

  #leave(at: string, problem: string, remedy: string): void {
    if (!this.left.some((each) => each.at === at && each.problem === problem))
      this.left.push({ at, problem, remedy });
  }
}

const both = (selectors: readonly string[]): Named => ({ both: selectors, 4: [], 6: [] });

function together(parts: readonly Named[]): Named {
  const of = (key: keyof Named) => [...new Set(parts.flatMap((part) => part[key]))];
  return { both: of("both"), 4: of(4), 6: of(6) };
}

interface Sides {
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
}

/** Which sources and destinations meet in one family only (or in both, for null). */
function familyPairs(from: Named, to: Named, family: 4 | 6 | null): Sides[] {
  if (family === null) return [{ sources: from.both, destinations: to.both }];
  return [
    { sources: from[family], destinations: [...to.both, ...to[family]] },
    { sources: from.both, destinations: to[family] },
  ];
}

/** A side of a rule names so many at most (`rule.ts`). */
const MOST_NAMED = 64;

/** The sides, divided so that a rule can hold them. Nothing is left where one of them names nobody. */
const inRules = ({ sources, destinations }: Sides): Sides[] =>
  chunks(sources).flatMap((from) => chunks(destinations).map((to) => ({ sources: from, destinations: to })));

const chunks = (list: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(list.length / MOST_NAMED) }, (_, index) =>
    list.slice(index * MOST_NAMED, (index + 1) * MOST_NAMED),
  );

const NAMES = new Map([
  [1, "icmp"],
  [58, "icmp"],
  [6, "tcp"],
  [17, "udp"],
]);

/** Null where the protocol is of the other family, or has no name here. */
function trafficOf(protocol: number, [first, last]: Passing["ports"], family: 4 | 6 | null): string | null {
  const name = NAMES.get(protocol);
  if (name === undefined) return null;
  const own = protocol === 1 ? 4 : protocol === 58 ? 6 : null;
  if (own !== null && family !== null && own !== family) return null;
  const word = `${name}${own ?? family ?? ""}`;
  const isAll = name === "icmp" || (first <= 1 && last === ALL_PORTS[1]);
  const from = Math.max(1, first);
  return isAll ? word : `${word}/${from === last ? from : `${from}-${last}`}`;
}

/** Tailscale's own ranges (of shared addresses, and its ULA prefix), but for the part that stands for IPv4 networks. */
const RANGES = ["100.64.0.0/10", "fd7a:115c:a1e0::/48"].map(prefixOf);
const NETWORKS = prefixOf("fd7a:115c:a1e0:b1a::/64");

/** Whether only machines have addresses in the block. */
const isOfMachines = (prefix: Prefix): boolean =>
  RANGES.some((range) => range !== null && contains(range, prefix)) &&
  !(NETWORKS !== null && contains(NETWORKS, prefix));

const subnet = (prefix: Prefix): string => `subnet:${formatPrefix(prefix)}`;

function isIn(prefix: Prefix, address: string): boolean {
  const host = hostOf(address);
  return host !== null && contains(prefix, host);
}

/** `acls[0]` is the first one for people. */
const nameOf = (at: string): string =>
  at.replace(/^(acl|grant)s\[(\d+)\]$/, (_, kind: string, index: string) => `${kind} ${Number(index) + 1}`);
