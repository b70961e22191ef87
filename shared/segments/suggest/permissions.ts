import type { Grant, Traffic } from "../../node/config/types.ts";
import { confinedKey, identityKey, memberOf } from "../membership.ts";
import { parseTraffic } from "../traffic.ts";
import { commonTraffic, coversTraffic } from "../traffic-sets.ts";
import type { NodeFacts, SegmentIndex, SegmentRule } from "../types.ts";

/** Nodes of which the rules say the same, and the rules by which they reach a node, or it reaches them. */
export interface Neighbours {
  readonly nodes: readonly string[];
  readonly rules: readonly string[];
}

/** What rules say of traffic from one node to another. */
interface Verdict {
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}
const SILENCE: Verdict = { allowed: [], denied: [] };

/**
 * What the rules let nodes open to each other, read off the compiled links. Nodes of which all rules say the same are asked about
 * once, so that a rule for everybody does not cost each pair of nodes. Whether a rule holds at this hour is not asked: a rule
 * with hours counts as one that permits.
 */
export class Permissions {
  readonly #index: SegmentIndex;
  readonly #traffic: ReadonlyMap<string, readonly Traffic[]>;
  readonly #classOf = new Map<string, string>();
  readonly #members = new Map<string, string[]>();
  /** By class of the source and class of the destination. */
  readonly #verdicts = new Map<string, ReadonlyMap<string, Verdict>>();

  /** @param rules All rules of the index, those that isolation levels imply among them. */
  constructor(index: SegmentIndex, rules: readonly SegmentRule[], nodes: readonly string[]) {
    this.#index = index;
    this.#traffic = new Map(rules.map(({ id, traffic }) => [id, traffic]));
    const named = new Set(
      rules.flatMap(({ from, to }) => [...from, ...to].flatMap((one) => identityKey(one) ?? [])),
    );
    for (const id of nodes) {
      const facts = index.node(id);
      if (!facts) continue;
      const key = classOf(facts, named);
      this.#classOf.set(id, key);
      const members = this.#members.get(key) ?? [];
      this.#members.set(key, members);
      members.push(id);
    }
  }

  /** The rules by which one node may open the service to another, in order. Empty where it may not. */
  rulesFor(source: string, destination: string, service: string): string[] {
    const { allowed, denied } = this.#verdictsOf(source).get(this.#classOf.get(destination) ?? "") ?? SILENCE;
    const asked = parseTraffic(service);
    if (!asked.ok || source === destination) return [];
    const refused = denied.flatMap(this.#trafficOf);
    return allowed.filter((rule) => {
      const meant = this.#trafficOf(rule).flatMap((entry) => commonTraffic(entry, asked.value) ?? []);
      return meant.length > 0 && !coversTraffic(refused, meant);
    });
  }

  permits = (source: string, destination: string, service: string): boolean =>
    this.rulesFor(source, destination, service).length > 0;

  /** Whom a node may open something to. */
  destinationsOf(source: string): Neighbours[] {
    return [...this.#verdictsOf(source)].flatMap(([to, { allowed }]) => this.#besides(source, to, allowed));
  }

  /** Who may open something to a node. */
  sourcesOf(destination: string): Neighbours[] {
    const to = this.#classOf.get(destination) ?? "";
    return [...this.#members].flatMap(([from, [first]]) => {
      const allowed = this.#verdictsOf(first ?? "").get(to)?.allowed ?? [];
      return this.#besides(destination, from, allowed);
    });
  }

  #besides(node: string, among: string, rules: readonly string[]): Neighbours[] {
    const nodes = (this.#members.get(among) ?? []).filter((id) => id !== node);
    return rules.length === 0 || nodes.length === 0 ? [] : [{ nodes, rules }];
  }

  #trafficOf = (rule: string): readonly Traffic[] => this.#traffic.get(rule) ?? [];

  #verdictsOf(source: string): ReadonlyMap<string, Verdict> {
    const from = this.#classOf.get(source);
    if (from === undefined) return new Map();
    const known = this.#verdicts.get(from);
    if (known) return known;
    const verdicts = new Map<string, Verdict>();
    for (const { peer, outbound, denied } of this.#index.linksOf(source)) {
      const to = this.#classOf.get(peer);
      if (to === undefined || verdicts.has(to)) continue;
      verdicts.set(to, { allowed: rulesIn(outbound), denied: rulesIn(denied?.outbound ?? []) });
    }
    this.#verdicts.set(from, verdicts);
    return verdicts;
  }
}

/** All of a node that a link to another one can depend on. */
function classOf(facts: NodeFacts, named: ReadonlySet<string>): string {
  const confined = new Set(facts.confinedBy.map(confinedKey));
  const identities = memberOf(facts).identities.filter((key) => named.has(key) || confined.has(key));
  return JSON.stringify([identities.sort(), facts.routes, facts.exitNode, facts.quarantined]);
}

/** The rules of grants about the two nodes themselves, and not about what lies behind one of them. */
const rulesIn = (grants: readonly Grant[]): string[] => [
  ...new Set(grants.filter(({ from, to }) => from === undefined && to === undefined).map(({ rule }) => rule)),
];
