import { blocksBehind, type CompiledRule, compileRule, type RuleSide, type Subnet } from "./compiled-rule.ts";
import { drop, INTERNET, type Key, type Member, type Membership, setOf } from "./membership.ts";
import type { SegmentRule } from "./types.ts";

/** Finds rules by what they name on each side, and the routers to each block that a rule names. */
export class RuleTable {
  readonly #rules = new Map<string, CompiledRule>();
  readonly #bySource = new Map<Key, Set<CompiledRule>>();
  readonly #byDestination = new Map<Key, Set<CompiledRule>>();
  readonly #conditions = new Set<Key>();
  readonly #blocks = new Map<Key, { readonly subnet: Subnet; readonly routers: Set<string>; uses: number }>();

  readonly #members: Membership;

  constructor(members: Membership) {
    this.#members = members;
  }

  get(id: string): CompiledRule | undefined {
    return this.#rules.get(id);
  }

  /** Ordered by id. */
  all(): CompiledRule[] {
    return [...this.#rules.values()].sort(byId);
  }

  add(rule: SegmentRule): CompiledRule {
    const compiled = compileRule(rule);
    this.#rules.set(rule.id, compiled);
    if (compiled.from.condition !== null) this.#conditions.add(compiled.from.condition);
    for (const key of keysOf(compiled.from)) setOf(this.#bySource, key).add(compiled);
    for (const key of keysOf(compiled.to)) setOf(this.#byDestination, key).add(compiled);
    for (const subnet of [...compiled.from.subnets, ...compiled.to.subnets]) {
      const block = this.#blocks.get(subnet.key);
      if (block) block.uses += 1;
      else this.#blocks.set(subnet.key, { subnet, routers: this.#routersOf(subnet), uses: 1 });
    }
    return compiled;
  }

  delete(compiled: CompiledRule): void {
    this.#rules.delete(compiled.rule.id);
    if (compiled.from.condition !== null) this.#conditions.delete(compiled.from.condition);
    for (const key of keysOf(compiled.from)) drop(this.#bySource, key, compiled);
    for (const key of keysOf(compiled.to)) drop(this.#byDestination, key, compiled);
    for (const { key } of [...compiled.from.subnets, ...compiled.to.subnets]) {
      const block = this.#blocks.get(key);
      if (block && --block.uses === 0) this.#blocks.delete(key);
    }
  }

  /** Updates the table after a change of the member's routes. */
  placeRouter(id: string): void {
    for (const { subnet, routers } of this.#blocks.values()) {
      if (this.#isBefore(id, subnet)) routers.add(id);
      else routers.delete(id);
    }
  }

  #routersOf(subnet: Subnet): Set<string> {
    return new Set([...this.#members.routers()].filter((id) => this.#isBefore(id, subnet)));
  }

  #isBefore(id: string, subnet: Subnet): boolean {
    const member = this.#members.get(id);
    return member !== undefined && blocksBehind(member, subnet).length > 0;
  }

  readonly routersTo = (key: Key): ReadonlySet<string> => this.#blocks.get(key)?.routers ?? NONE;

  readonly terms = (id: string): SegmentRule | undefined => this.#rules.get(id)?.rule;

  /** Whether a rule names the identity on either side, or as a condition. */
  names(key: Key): boolean {
    return this.#bySource.has(key) || this.#byDestination.has(key) || this.#conditions.has(key);
  }

  /** Whether a rule names addresses behind nodes. */
  namesBlocks(): boolean {
    return this.#blocks.size > 0 || this.#byDestination.has(INTERNET);
  }

  /** The rules that name the member on either side, ordered by id. */
  naming(member: Member): CompiledRule[] {
    const found = new Set<CompiledRule>();
    const collect = (key: Key) => {
      for (const rule of this.#bySource.get(key) ?? []) found.add(rule);
      for (const rule of this.#byDestination.get(key) ?? []) found.add(rule);
    };
    for (const key of member.identities) collect(key);
    if (member.exits.length > 0) collect(INTERNET);
    if (member.forwards.length > 0 || member.exits.length > 0) {
      for (const [key, { routers }] of this.#blocks) if (routers.has(member.facts.id)) collect(key);
    }
    return [...found].sort(byId);
  }
}

const NONE: ReadonlySet<string> = new Set();

const byId = (a: CompiledRule, b: CompiledRule): number => (a.rule.id < b.rule.id ? -1 : 1);

function keysOf(side: RuleSide): Key[] {
  return [...side.identities, ...side.subnets.map(({ key }) => key), ...(side.internet ? [INTERNET] : [])];
}
