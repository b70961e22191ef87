import type { FactValue, FactValues, MicrosegmentType } from "../criteria/facts.ts";
import { factOf } from "../criteria/facts.ts";

/**
 * A microsegment that has exactly the wanted members: by one or two stated facts where they tell the members from all other
 * nodes, or nearly so with the rest in lists; and by a list of nodes otherwise. What nodes claim of themselves is never read.
 */

/** What is known of a node. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly facts: FactValues;
}

export interface Membership {
  readonly type: MicrosegmentType;
  /** Empty: the lists alone say who is a member. */
  readonly where: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** `exact`: the criterion or a tag alone; `nearly`: with exceptions in the lists; `list`: nodes by name. */
  readonly fit: "exact" | "nearly" | "list";
}

/** A test of a fact and the nodes that meet it. */
interface Test {
  readonly text: string;
  readonly type: MicrosegmentType;
  /** Null for a criterion. */
  readonly tag: string | null;
  readonly nodes: ReadonlySet<string>;
}

/** As a share of the members: how many nodes the lists may name beside a criterion. */
const EXCEPTIONS = 0.1;
/** Facts by which nodes belong together. An address or a time tells one node alone, and a country of a VPN nothing. */
const READ = [
  "user.department",
  "user.division",
  "user.organization",
  "user.type",
  "user.groups",
  "device.type",
  "device.os",
  "project.id",
  "project.sensitivity",
  "place.country",
  "place.region",
  "place.zone",
];
/** A value that means the same to everybody who reads the criterion. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,99}$/;

/** What is to be said of nodes, found once for all roles. */
export class Descriptions {
  readonly #names: ReadonlyMap<string, string>;
  readonly #tests = new Map<string, Test & { readonly nodes: Set<string> }>();
  /** By node: the tests that it meets. */
  readonly #met = new Map<string, Test[]>();

  /** @param isWhole Whether `all` are all nodes of the network. A criterion might let in one that is missing. */
  constructor(all: readonly Candidate[], isWhole: boolean) {
    this.#names = new Map(all.map(({ id, name }) => [id, name]));
    if (isWhole) for (const one of all) this.#add(one);
  }

  nameOf = (node: string): string => this.#names.get(node) ?? node;

  /** The tests that at least half of the members meet, those that fit best first. */
  testsOf(members: ReadonlySet<string>): Test[] {
    const common = new Map<Test, number>();
    for (const member of members)
      for (const test of this.#met.get(member) ?? []) common.set(test, (common.get(test) ?? 0) + 1);
    return [...common]
      .filter(([, met]) => met * 2 >= members.size)
      .map(([test, met]) => ({ test, misfit: test.nodes.size + members.size - 2 * met }))
      .sort((a, b) => a.misfit - b.misfit || (a.test.text < b.test.text ? -1 : 1))
      .map(({ test }) => test);
  }

  #add({ id, tags, facts }: Candidate): void {
    const met: Test[] = [];
    const add = (text: string, type: MicrosegmentType, tag: string | null) => {
      const test = this.#tests.get(text) ?? { text, type, tag, nodes: new Set<string>() };
      this.#tests.set(text, test);
      if (!test.nodes.has(id)) met.push(test);
      test.nodes.add(id);
    };
    for (const tag of tags) add(`tag:${tag}`, "device", tag);
    for (const name of [...READ, ...[...facts.keys()].filter((fact) => fact.startsWith("app."))]) {
      const type = factOf(name)?.type;
      if (type) for (const text of textsOf(name, facts.get(name))) add(text, type, null);
    }
    this.#met.set(id, met);
  }
}

export function membershipOf(members: ReadonlySet<string>, descriptions: Descriptions): Membership {
  const tests = descriptions.testsOf(members);
  const exact = tests.find(({ nodes }) => nodes.size === members.size && isWithin(members, nodes));
  if (exact) return { ...written(exact), exclude: [], fit: "exact" };
  const pair = exactPair(members, tests);
  if (pair) return pair;
  const listed = (ids: Iterable<string>) => [...ids].map((id) => `node:${descriptions.nameOf(id)}`).sort();
  const most = Math.floor(members.size * EXCEPTIONS);
  for (const test of tests) {
    const [extra, lacking] = [minus(test.nodes, members), minus(members, test.nodes)];
    if (extra.length + lacking.length > most) continue;
    const { include, ...rest } = written(test);
    return { ...rest, include: [...include, ...listed(lacking)], exclude: listed(extra), fit: "nearly" };
  }
  return { type: "device", where: "", include: listed(members), exclude: [], fit: "list" };
}

function exactPair(members: ReadonlySet<string>, tests: readonly Test[]): Membership | null {
  const around = tests.filter(({ tag, nodes }) => tag === null && isWithin(members, nodes));
  for (const [at, one] of around.entries()) {
    for (const other of around.slice(at + 1)) {
      if ([...one.nodes].filter((id) => other.nodes.has(id)).length !== members.size) continue;
      const where = `${one.text} and ${other.text}`;
      return { type: one.type, where, include: [], exclude: [], fit: "exact" };
    }
  }
  return null;
}

const written = ({ text, type, tag }: Test) =>
  tag === null ? { type, where: text, include: [] } : { type, where: "", include: [`tag:${tag}`] };

/** The tests that a value meets. */
function textsOf(name: string, value: FactValue | undefined): string[] {
  if (value === undefined || typeof value === "boolean") return [];
  if (name.startsWith("app.")) return [`known ${name}`];
  if (typeof value === "string") return PLAIN.test(value) ? [`${name} == "${value}"`] : [];
  return value.filter((one) => PLAIN.test(one)).map((one) => `${name} has "${one}"`);
}

const minus = (a: ReadonlySet<string>, b: ReadonlySet<string>): string[] =>
  [...a].filter((one) => !b.has(one));
const isWithin = (inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean =>
  minus(inner, outer).length === 0;
