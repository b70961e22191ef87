import { contains, formatPrefix, hostOf, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import { parseSelector } from "../segments/selector.ts";
import type { Fault } from "./fault.ts";
import type { MeantRule } from "./meaning.ts";
import { Microsegments } from "./microsegments.ts";
import { both, familyPairs, inRules, type Named, together } from "./sides.ts";
import type { Term } from "./term.ts";
import type { Passing } from "./traffic.ts";
import { isNamed, trafficTexts } from "./traffic-text.ts";

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

/** A microsegment as the document of the network has it. */
export interface ImportedMicrosegment {
  readonly name: string;
  readonly description: string;
  readonly type: "user";
  readonly where?: string;
  readonly include?: readonly string[];
}

export interface Imported {
  readonly microsegments: readonly ImportedMicrosegment[];
  readonly rules: readonly ImportedRule[];
  /** What could not be carried over. */
  readonly left: readonly Fault[];
}

/** Translates what a policy file lets pass into rules with the same meaning. */
export function toRules(meant: readonly MeantRule[], inventory: Inventory): Imported {
  const translation = new Translation(inventory);
  const rules = meant.flatMap((rule) => translation.rulesFor(rule));
  return { microsegments: translation.microsegments.all(), rules, left: translation.left };
}

class Translation {
  readonly left: Fault[] = [];
  readonly microsegments = new Microsegments();
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
    if (rule.postures.length > 0) {
      const problem = `the rule is left out, since its sources must meet ${rule.postures.join(" or ")}`;
      this.#leave(
        rule.at,
        problem,
        "Write it anew, with a microsegment of the machines that meet it as `from`",
      );
      return [];
    }
    this.#checkVia(rule);
    const name = nameOf(rule.at);
    const from = together(rule.from.map((term) => this.#named(term, "src", rule.at)));
    const groups = Map.groupBy(rule.to, ({ passing }) => JSON.stringify(passing));
    const several = groups.size > 1;
    return [...groups.values()].flatMap((destinations, index) => {
      const part = several ? `${name}.${index + 1}` : name;
      const passing = destinations[0]?.passing ?? [];
      const others = destinations.filter(({ term }) => term.kind !== "self");
      const to = together(others.map(({ term }) => this.#named(term, "dst", rule.at)));
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
    const people = this.#valid(new Set(from.flatMap((term) => this.#people(term))), "user", at);
    const traffic = this.#traffic(passing, null, at);
    if (traffic.length === 0) return [];
    return people.map((selector) => ({
      name: `${name} ${selector.slice("user:".length)}`,
      from: [selector],
      to: [selector],
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

  #named(term: Term, side: "src" | "dst", at: string): Named {
    switch (term.kind) {
      case "all":
        return both(["any", ...this.#routes.map(subnet), ...(side === "dst" ? ["internet"] : [])]);
      case "members":
      case "domain":
      case "users":
        return both(this.#peopleNamed(term, at));
      case "tagged":
        return both(this.#valid(this.#inventory.tags, "tag", at));
      case "tag":
        return both(this.#valid([term.tag], "tag", at));
      case "internet":
        return both(["internet"]);
      case "self":
        return both([]);
      case "foreign":
        this.#leave(term.fault.at, term.fault.problem, term.fault.remedy);
        return both([]);
      case "addresses":
        return together(term.prefixes.map((prefix) => this.#at(prefix, at)));
    }
  }

  /** A set of people with a name keeps it, as a microsegment. */
  #peopleNamed(term: Term & { kind: "members" | "domain" | "users" }, at: string): string[] {
    const include = () => this.#valid(this.#people(term), "user", at);
    switch (term.kind) {
      case "members":
        return [
          this.microsegments.selector("autogroup:member", "members", () => ({
            description: "Machines that belong to a person",
            where: "known user.email",
          })),
        ];
      case "domain":
        return [
          this.microsegments.selector(`user:*@${term.domain}`, term.domain, () => ({
            description: `People of ${term.domain} at the time of the import`,
            include: include(),
          })),
        ];
      case "users": {
        const { group } = term;
        if (group === null) return include();
        return [
          this.microsegments.selector(`group:${group}`, group, () => ({
            description: `group:${group} of the Tailscale policy`.slice(0, 500),
            include: include(),
          })),
        ];
      }
    }
  }

  /** The selectors of those whose names can be said here. */
  #valid(names: Iterable<string>, kind: "user" | "tag" | "node", at: string): string[] {
    return [...names].flatMap((name) => {
      const selector = `${kind}:${kind === "user" ? name : name.toLowerCase()}`;
      if (parseSelector(selector, "from").ok) return [selector];
      this.#leave(at, `${JSON.stringify(name)} can't be the name of a ${kind} here`, NAMEABLE[kind]);
      return [];
    });
  }

  /** The machines with an address in the block, and the networks behind routers that belong to it. */
  #at(prefix: Prefix, at: string): Named {
    const names = this.#inventory.nodes
      .filter(({ addresses }) => addresses.some((address) => isIn(prefix, address)))
      .map(({ name }) => name);
    const machines = this.#valid(names, "node", at);
    const inside = this.#routes.filter((route) => contains(prefix, route) && !contains(route, prefix));
    const networks = [prefix, ...inside].filter((each) => !isDefaultRoute(each) && !isOfMachines(each));
    const named: Named = both(networks.map(subnet));
    return prefix.version === 4 ? { ...named, 4: machines } : { ...named, 6: machines };
  }

  #traffic(passing: readonly Passing[], family: 4 | 6 | null, at: string): string[] {
    for (const protocol of new Set(passing.flatMap(({ protocols }) => protocols)))
      if (!isNamed(protocol))
        this.#leave(
          at,
          `IP protocol ${protocol} has no rule of its own here`,
          "Allow `any`, if it must pass",
        );
    return trafficTexts(passing, family);
  }

  /** A rule that names routers is carried over where no other router leads to the same network. */
  #checkVia({ via, to, at }: MeantRule): void {
    if (via.length === 0) return;
    const destinations = to.flatMap(({ term }) => (term.kind === "addresses" ? term.prefixes : []));
    const isOut = to.some(({ term }) => term.kind === "internet" || term.kind === "all");
    const strange = this.#inventory.nodes.filter(
      ({ tags, routes }) =>
        !tags.some((tag) => via.includes(tag)) &&
        routes
          .map(prefixOf)
          .some(
            (route) =>
              route !== null &&
              (isDefaultRoute(route) ? isOut : destinations.some((each) => contains(route, each))),
          ),
    );
    if (strange.length > 0)
      this.#leave(at, "which router is taken can't be said here", "Approve the route on one of the routers");
  }

  #leave(at: string, problem: string, remedy: string): void {
    if (!this.left.some((each) => each.at === at && each.problem === problem))
      this.left.push({ at, problem, remedy });
  }
}

const NAMEABLE = {
  user: "People have e-mail addresses here: invite them, and name the address",
  tag: "Give its machines a tag in small letters, digits and hyphens",
  node: "Name the machine by a tag",
} as const;

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
