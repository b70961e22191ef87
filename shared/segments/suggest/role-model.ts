import { drop, setOf } from "../membership.ts";
import { gain, type Likelihood, likelihood, lnCompositions, lnFactorial } from "./evidence.ts";
import type { FlowGraph } from "./flow-graph.ts";

/**
 * How probable a rule between two roles is, before anything was seen of it. A role has about as many rules in a large network as in a
 * small one, so with more than `FEW_ROLES` roles each rule is the less probable.
 */
const RULE_PRIOR = 0.01;
const FEW_ROLES = 75;
/** From this share of all nodes on, a service is common: that one more role uses it is no news. */
const COMMON = 0.3;
const MOST_COMMON = 0.97;
/** The share of what was seen that is taken for chance at first. */
const CHANCE_SHARE = 0.1;
/**
 * How much the description of the roles themselves weighs beside that of what was seen. The whole weight favours few large roles
 * so much that departments which differ in one application alone become one.
 */
const PARTITION_WEIGHT = 0.5;
/**
 * What more roles have in common says little of each, and to look at all of them would cost the square of their number. Some of them
 * are looked at where a role has nothing else in common with any.
 */
const CROWD = 64;

export interface RoleLink {
  readonly from: number;
  readonly to: number;
  /** A position. */
  readonly service: number;
  readonly seen: number;
  readonly pairs: number;
  readonly prior: Likelihood;
}

/**
 * Nodes in roles, and how well the roles explain what was seen: a stochastic block model with one layer for each service. A higher
 * score is a better explanation. A role is known by a position, and an empty one is free.
 */
export class RoleModel {
  readonly noise: Likelihood;
  readonly #graph: FlowGraph;
  readonly #services: number;
  readonly #role: Int32Array;
  readonly #size: Int32Array;
  /** By role: pairs seen to (or from) each role and service, which `#key` joins. */
  readonly #calls: Map<number, number>[];
  readonly #callers: Map<number, number>[];
  /** By role and service, as `#key` joins them: the roles that were seen to call it by the service, or to be called so by it. */
  readonly #callersBy = new Map<number, Set<number>>();
  readonly #calledBy = new Map<number, Set<number>>();
  /** By the number of nodes that use a service. */
  readonly #commonPrior = remembered((users: number) =>
    likelihood(Math.min(MOST_COMMON, users / this.#role.length)),
  );
  #roles: number;
  #rulePrior = likelihood(RULE_PRIOR);
  #called = new Map<number, number>();
  #calling = new Map<number, number>();

  /** Each node begins with a role of its own. */
  constructor(graph: FlowGraph) {
    const count = graph.nodes.length;
    this.#graph = graph;
    this.#services = graph.services.length;
    this.#role = Int32Array.from({ length: count }, (_, node) => node);
    this.#size = new Int32Array(count).fill(1);
    this.#roles = count;
    this.#calls = graph.nodes.map(() => new Map());
    this.#callers = graph.nodes.map(() => new Map());
    for (const [node, list] of graph.calls.entries())
      for (const contact of list) this.#countCall(node, contact.node, contact.service, 1);
    const places = count * Math.max(1, count - 1) * effectiveServices(graph);
    this.noise = likelihood(Math.min(0.05, Math.max(1e-9, (CHANCE_SHARE * graph.size) / places)));
    this.countUsers();
  }

  roleOf(node: number): number {
    return this.#role[node] ?? 0;
  }

  sizeOf(role: number): number {
    return this.#size[role] ?? 0;
  }

  /** How many positions there are. */
  get places(): number {
    return this.#role.length;
  }

  /** The roles that the role called or that called it, unless they are very many. */
  neighbours(role: number): number[] {
    const keys = [...this.#callsOf(role).keys(), ...this.#callersOf(role).keys()];
    return keys.length > CROWD ? [] : keys.map((key) => this.#parts(key)[0]);
  }

  /** The roles that have nodes. */
  roles(): number[] {
    return [...this.#size.keys()].filter((role) => this.sizeOf(role) > 0);
  }

  freeRole(): number | null {
    const role = this.#size.indexOf(0);
    return role < 0 ? null : role;
  }

  /** Counts again how common each service is. It changes slowly, so it is counted once before each round. */
  countUsers(): void {
    this.#called = new Map();
    this.#calling = new Map();
    this.#rulePrior = likelihood(RULE_PRIOR * Math.min(1, FEW_ROLES / this.#roles));
    for (const role of this.roles()) {
      for (const key of this.#callsOf(role).keys()) {
        const [to, service] = this.#parts(key);
        count(this.#called, key, this.sizeOf(role));
        count(this.#calling, this.#key(role, service), this.sizeOf(to));
      }
    }
  }

  /**
   * What is seen between roles, with the number of pairs that could be and the probability of a rule beforehand. A service that is
   * common is told of for all roles: one that was not seen to use it probably does so too.
   */
  *links(): Generator<RoleLink> {
    this.countUsers();
    for (const from of this.roles()) {
      for (const [key, seen] of this.#callsOf(from)) yield this.#link(from, key, seen);
    }
    for (const key of this.#common(this.#called)) {
      for (const from of this.roles()) if (!this.#callsOf(from).has(key)) yield this.#link(from, key, 0);
    }
    for (const key of this.#common(this.#calling)) {
      const [from, service] = this.#parts(key);
      for (const to of this.roles()) {
        const link = this.#key(to, service);
        const isTold = this.#callsOf(from).has(link) || this.#isCommon(this.#called.get(link));
        if (!isTold) yield this.#link(from, link, 0);
      }
    }
  }

  #link(from: number, key: number, seen: number): RoleLink {
    const [to, service] = this.#parts(key);
    const prior = this.#prior(from, to, service);
    return { from, to, service, seen, pairs: pairs(this.sizeOf(from), this.sizeOf(to), from === to), prior };
  }

  #common = (users: ReadonlyMap<number, number>): number[] =>
    [...users].filter(([, nodes]) => this.#isCommon(nodes)).map(([key]) => key);

  #isCommon = (nodes = 0): boolean => nodes > COMMON * this.#role.length;

  /** Roles that a node of the role could as well have: they share callers or called ones with it, rare ones counting more. */
  alike(role: number, most: number): number[] {
    return this.#sharers(this.#callsOf(role).keys(), this.#callersOf(role).keys(), role, most);
  }

  alikeToNode(node: number, most: number): number[] {
    const keys = (contacts: FlowGraph["calls"]) =>
      (contacts[node] ?? []).map((contact) => this.#key(this.roleOf(contact.node), contact.service));
    return this.#sharers(keys(this.#graph.calls), keys(this.#graph.callers), this.roleOf(node), most);
  }

  /** By how much the score would rise if the two roles were one. */
  gainOfMerging(one: number, other: number): number {
    const [a, b] = [this.sizeOf(one), this.sizeOf(other)];
    const partition =
      PARTITION_WEIGHT * (lnFactorial(a + b) - lnFactorial(a) - lnFactorial(b)) +
      this.#partitionGain(this.#roles, this.#roles - 1);
    return this.#scoreAsOne(one, other) - this.#scoreOf(one, other) + partition;
  }

  merge(into: number, from: number): void {
    for (let node = 0; node < this.#role.length; node++) if (this.#role[node] === from) this.move(node, into);
  }

  /** By how much the score would rise if the node had the role. */
  gainOfMoving(node: number, to: number): number {
    const from = this.roleOf(node);
    const [left, joined] = [this.sizeOf(from), this.sizeOf(to)];
    const rolesBefore = this.#roles;
    const before = this.#scoreOf(from, to) + PARTITION_WEIGHT * (lnFactorial(left) + lnFactorial(joined));
    this.move(node, to);
    const after =
      this.#scoreOf(from, to) + PARTITION_WEIGHT * (lnFactorial(left - 1) + lnFactorial(joined + 1));
    const partition = this.#partitionGain(rolesBefore, this.#roles);
    this.move(node, from);
    return after - before + partition;
  }

  move(node: number, to: number): void {
    const from = this.roleOf(node);
    this.#countNode(node, -1);
    this.#role[node] = to;
    this.#size[from] = this.sizeOf(from) - 1;
    this.#size[to] = this.sizeOf(to) + 1;
    if (this.sizeOf(from) === 0) this.#roles -= 1;
    if (this.sizeOf(to) === 1) this.#roles += 1;
    this.#countNode(node, 1);
  }

  #countNode(node: number, by: 1 | -1): void {
    const role = this.roleOf(node);
    for (const { node: other, service } of this.#graph.calls[node] ?? [])
      this.#countCall(role, this.roleOf(other), service, by);
    for (const { node: other, service } of this.#graph.callers[node] ?? [])
      this.#countCall(this.roleOf(other), role, service, by);
  }

  #countCall(from: number, to: number, service: number, by: 1 | -1): void {
    const [called, caller] = [this.#key(to, service), this.#key(from, service)];
    count(this.#callersOf(to), caller, by);
    const seen = count(this.#callsOf(from), called, by);
    if (seen === 0) {
      drop(this.#callersBy, called, from);
      drop(this.#calledBy, caller, to);
    } else if (seen === by) {
      setOf(this.#callersBy, called).add(from);
      setOf(this.#calledBy, caller).add(to);
    }
  }

  /** The part of the score that rests on what either role did or had done to it. */
  #scoreOf(one: number, other: number): number {
    let score = this.#linksScore(one, -1);
    if (one !== other) score += this.#linksScore(other, one);
    return score;
  }

  #linksScore(role: number, without: number): number {
    const size = this.sizeOf(role);
    let score = 0;
    for (const [key, seen] of this.#callsOf(role)) {
      const [to, service] = this.#parts(key);
      if (to === without) continue;
      score += this.#gain(seen, pairs(size, this.sizeOf(to), to === role), this.#prior(role, to, service));
    }
    for (const [key, seen] of this.#callersOf(role)) {
      const [from, service] = this.#parts(key);
      if (from === without || from === role) continue;
      score += this.#gain(seen, size * this.sizeOf(from), this.#prior(from, role, service));
    }
    return score;
  }

  #scoreAsOne(one: number, other: number): number {
    const size = this.sizeOf(one) + this.sizeOf(other);
    const calls = new Map<number, number>();
    const callers = new Map<number, number>();
    for (const role of [one, other]) {
      for (const [key, seen] of this.#callsOf(role)) {
        const [to, service] = this.#parts(key);
        count(calls, to === other ? this.#key(one, service) : key, seen);
      }
      for (const [key, seen] of this.#callersOf(role)) {
        const [from] = this.#parts(key);
        if (from !== one && from !== other) count(callers, key, seen);
      }
    }
    let score = 0;
    for (const [key, seen] of calls) {
      const [to, service] = this.#parts(key);
      const possible = to === one ? size * (size - 1) : size * this.sizeOf(to);
      score += this.#gain(seen, possible, this.#prior(one, to, service));
    }
    for (const [key, seen] of callers) {
      const [from, service] = this.#parts(key);
      score += this.#gain(seen, size * this.sizeOf(from), this.#prior(from, one, service));
    }
    return score;
  }

  #gain(seen: number, possible: number, prior: Likelihood): number {
    return gain(seen, possible, prior, this.noise);
  }

  #partitionGain(before: number, after: number): number {
    const nodes = this.#role.length;
    return lnCompositions(nodes, before) - lnCompositions(nodes, after);
  }

  #prior(from: number, to: number, service: number): Likelihood {
    const users = Math.max(
      this.#called.get(this.#key(to, service)) ?? 0,
      this.#calling.get(this.#key(from, service)) ?? 0,
    );
    return users > COMMON * this.#role.length ? this.#commonPrior(users) : this.#rulePrior;
  }

  #sharers(calls: Iterable<number>, callers: Iterable<number>, self: number, most: number): number[] {
    const weights = new Map<number, number>();
    const crowds: ReadonlySet<number>[] = [];
    const collect = (keys: Iterable<number>, users: ReadonlyMap<number, ReadonlySet<number>>) => {
      for (const key of keys) {
        const sharers = users.get(key) ?? NOBODY;
        if (sharers.size > CROWD) crowds.push(sharers);
        else for (const each of sharers) count(weights, each, 1 / sharers.size);
      }
    };
    collect(calls, this.#callersBy);
    collect(callers, this.#calledBy);
    weights.delete(self);
    const [crowd] = weights.size === 0 ? crowds.sort((a, b) => a.size - b.size) : [];
    if (crowd) for (const each of some(crowd, self)) weights.set(each, 1);
    weights.delete(self);
    return [...weights]
      .sort(([a, one], [b, other]) => other - one || a - b)
      .slice(0, most)
      .map(([role]) => role);
  }

  #callsOf = (role: number): Map<number, number> => this.#calls[role] ?? new Map();
  #callersOf = (role: number): Map<number, number> => this.#callers[role] ?? new Map();
  #key = (role: number, service: number): number => role * this.#services + service;
  #parts = (key: number): [role: number, service: number] => [
    Math.floor(key / this.#services),
    key % this.#services,
  ];
}

/** A few of a large set. Which ones depends on who asks, so that not all look at the same. */
function* some(crowd: ReadonlySet<number>, asker: number): Generator<number> {
  const step = Math.ceil(crowd.size / CROWD);
  let at = asker;
  for (const one of crowd) if (at++ % step === 0) yield one;
}

const pairs = (from: number, to: number, isSame: boolean): number => (isSame ? from * (from - 1) : from * to);

/** @returns The new sum. */
function count(counts: Map<number, number>, key: number, by: number): number {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
  return sum;
}

function remembered<V>(answer: (key: number) => V): (key: number) => V {
  const known = new Map<number, V>();
  return (key) => {
    const found = known.get(key) ?? answer(key);
    known.set(key, found);
    return found;
  };
}

const NOBODY: ReadonlySet<number> = new Set();

/** How many services there would be if all were used alike: the exponential of the entropy. Ports seen once hardly count. */
function effectiveServices({ calls, services, size }: FlowGraph): number {
  const uses = new Float64Array(services.length);
  for (const { service } of calls.flat()) uses[service] = (uses[service] ?? 0) + 1;
  let entropy = 0;
  for (const each of uses) if (each > 0) entropy -= (each / size) * Math.log(each / size);
  return Math.exp(entropy);
}
