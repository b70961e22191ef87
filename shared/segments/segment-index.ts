import { alike } from "../base/alike.ts";
import { BoundedMap } from "../base/bounded-map.ts";
import { overlaps, prefixOf } from "../net/prefix.ts";
import { type CompiledRule, endpointsOf } from "./compiled-rule.ts";
import { type Isolated, Isolation, impliedRules } from "./isolation.ts";
import { Kinship, type Readers } from "./kin.ts";
import { linksKnown } from "./known-links.ts";
import { type DraftLink, draftsOf, linksOf, type SettledLink } from "./links.ts";
import { identityKey, Membership, memberOf } from "./membership.ts";
import { type PairVerdicts, verdictsFrom } from "./pair.ts";
import { RuleTable } from "./rule-table.ts";
import type { Affected, NodeFacts, PeerLink, SegmentIndex, SegmentRule, Selector, World } from "./types.ts";

/**
 * Makes an empty network. To fill it, add the nodes before the rules. Links are computed from the indexes on demand, so
 * a change costs two look-ups of the changed node's links. Selectors of rules name nodes and segments by id.
 */
export function createSegmentIndex(): SegmentIndex {
  return new Index();
}

/** The pairs of kin that are remembered. Each has at most 64 grants and 64 denials a direction. */
const MOST_PAIRS = 4_096;

class Index implements SegmentIndex {
  readonly #facts = new Map<string, NodeFacts>();
  /** All members except quarantined nodes, so that no rule can find those. */
  readonly #members = new Membership();
  readonly #rules = new RuleTable(this.#members);
  readonly #isolation = new Isolation();
  readonly #readers: Readers = {
    names: (key) => this.#rules.names(key) || this.#isolation.names(key),
    namesBlocks: () => this.#rules.namesBlocks(),
  };
  readonly #kinship = new Kinship(this.#readers);
  readonly #network = {
    members: this.#members,
    rules: this.#rules,
    isolation: this.#isolation,
    kinship: this.#kinship,
  };
  /** Between kin, until a rule or a level changes. */
  readonly #settled = new BoundedMap<string, SettledLink>(MOST_PAIRS);
  #microsegments: readonly Isolated[] = [];
  #stated: readonly SegmentRule[] = [];

  upsert(node: NodeFacts): Affected {
    const before = this.#facts.get(node.id);
    if (before && alike(before, node)) return new Set();
    const affected = this.#withPeers(node.id);
    this.#facts.set(node.id, node);
    this.#members.delete(node.id);
    if (!node.quarantined) this.#members.add(memberOf(node));
    if (node.routes.length > 0 || (before && before.routes.length > 0)) this.#rules.placeRouter(node.id);
    return new Set([...affected, ...this.#withPeers(node.id)]);
  }

  remove(node: string): Affected {
    const before = this.#facts.get(node);
    if (!before) return new Set();
    const affected = this.#withPeers(node);
    this.#facts.delete(node);
    this.#members.delete(node);
    if (before.routes.length > 0) this.#rules.placeRouter(node);
    return affected;
  }

  setRules(rules: readonly SegmentRule[]): Affected {
    this.#stated = rules;
    return this.#replaceRules();
  }

  setMicrosegments(microsegments: readonly Isolated[]): Affected {
    const before = new Map(this.#microsegments.map((one) => [one.id, one]));
    const after = new Map(microsegments.map((one) => [one.id, one]));
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (id) => !alike(before.get(id), after.get(id)),
    );
    const members = this.#members.confinedBy(changed);
    const affected = this.#allWithPeers(members);
    this.#microsegments = microsegments;
    this.#isolation.set(microsegments);
    this.#forgetKin();
    return new Set([...affected, ...this.#replaceRules(), ...this.#allWithPeers(members)]);
  }

  #replaceRules(): Affected {
    const rules = [...this.#stated, ...impliedRules(this.#microsegments)];
    const wanted = new Map(rules.map((rule) => [rule.id, rule]));
    const affected = new Set<string>();
    for (const old of this.#rules.all()) {
      const next = wanted.get(old.rule.id);
      if (next && alike(old.rule, next)) continue;
      this.#collectConcerned(old, affected);
      this.#rules.delete(old);
    }
    for (const rule of wanted.values()) {
      if (!this.#rules.get(rule.id)) this.#collectConcerned(this.#rules.add(rule), affected);
    }
    this.#forgetKin();
    return affected;
  }

  #forgetKin(): void {
    this.#kinship.forget();
    this.#settled.clear();
  }

  node(id: string): NodeFacts | undefined {
    return this.#facts.get(id);
  }

  isInQuarantine(id: string): boolean {
    const member = this.#members.get(id);
    return member !== undefined && this.#isolation.isInQuarantine(member);
  }

  linksOf(node: string): readonly PeerLink[] {
    const member = this.#members.get(node);
    return member ? linksOf(member, this.#network, this.#settled) : [];
  }

  draftsOf(node: string): ReadonlyMap<string, DraftLink> {
    const member = this.#members.get(node);
    return member ? draftsOf(member, this.#network) : new Map();
  }

  linksKnown(node: string, knowledge: number): readonly PeerLink[] {
    return linksKnown(this.linksOf(node), knowledge, this.#rules.terms);
  }

  verdictsFrom(node: string): ((destination: string) => PairVerdicts | null) | null {
    const source = this.#members.get(node);
    if (!source) return null;
    const verdicts = verdictsFrom(source, this.#network);
    return (id) => {
      const destination = id === node ? undefined : this.#members.get(id);
      return destination ? verdicts(destination) : null;
    };
  }

  namedBy(selector: Selector): readonly string[] {
    const key = identityKey(selector);
    if (key !== null) return [...this.#members.with(key)];
    const prefix = selector.kind === "subnet" ? prefixOf(selector.prefix) : null;
    return [...this.#members.routers()].filter((id) => {
      const router = this.#members.get(id);
      if (!prefix) return selector.kind === "internet" && (router?.exits.length ?? 0) > 0;
      return router?.forwards.some((route) => overlaps(route, prefix)) ?? false;
    });
  }

  exitOf(node: string): string | null {
    const member = this.#members.get(node);
    return (member && this.#members.exitOf(member)?.facts.id) ?? null;
  }

  kinOf(node: string): number | null {
    const member = this.#members.get(node);
    return member ? this.#kinship.of(member) : null;
  }

  rulesOf(segment: string): readonly SegmentRule[] {
    return this.#rules
      .all()
      .filter((rule) => this.#concernsSegment(rule, segment))
      .map(({ rule }) => rule);
  }

  rule(id: string): SegmentRule | undefined {
    return this.#rules.terms(id);
  }

  endsOf(rule: string): { readonly from: ReadonlySet<string>; readonly to: ReadonlySet<string> } {
    const compiled = this.#rules.get(rule);
    if (!compiled) return { from: new Set(), to: new Set() };
    const on = (side: CompiledRule["from"]) =>
      new Set(endpointsOf(side, this.#members, this.#rules.routersTo).keys());
    return { from: on(compiled.from), to: on(compiled.to) };
  }

  world(): World {
    return { nodes: this.#facts, rules: this.#stated, microsegments: this.#microsegments };
  }

  #withPeers(id: string): Set<string> {
    return new Set([id, ...this.linksOf(id).map(({ peer }) => peer)]);
  }

  #allWithPeers(ids: Iterable<string>): Set<string> {
    const affected = new Set<string>();
    for (const id of ids) for (const one of this.#withPeers(id)) affected.add(one);
    return affected;
  }

  /** Adds the nodes between which the rule lets traffic pass. */
  #collectConcerned({ from, to }: CompiledRule, affected: Set<string>): void {
    const sources = endpointsOf(from, this.#members, this.#rules.routersTo);
    const destinations = endpointsOf(to, this.#members, this.#rules.routersTo);
    if (sources.size > 0 && destinations.size > 0) {
      for (const id of sources.keys()) affected.add(id);
      for (const id of destinations.keys()) affected.add(id);
    }
    if (!to.internet) return;
    for (const id of sources.keys()) {
      const source = this.#members.get(id);
      const exit = source && this.#members.exitOf(source);
      if (exit) affected.add(id).add(exit.facts.id);
    }
  }

  #concernsSegment({ from, to }: CompiledRule, segment: string): boolean {
    const has = (side: CompiledRule["from"]): boolean =>
      side.identities.some((key) => this.#members.segmentHas(segment, key)) ||
      side.subnets.some(({ key }) =>
        [...this.#rules.routersTo(key)].some((id) => this.#facts.get(id)?.segment === segment),
      );
    return has(from) || has(to) || (to.internet && this.#members.segmentHasExit(segment));
  }
}
