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

/** @param isWhole Whether `all` are all nodes of the network. A criterion might let in one that is missing. */
export function membershipOf(
  members: ReadonlySet<string>,
  all: readonly Candidate[],
  isWhole: boolean,
): Membership {
  const tests = isWhole ? testsOf(members, all) : [];
  const exact = tests.find(({ nodes }) => nodes.size === members.size && isWithin(members, nodes));
  if (exact) return { ...written(exact), exclude: [], fit: "exact" };
  const pair = exactPair(members, tests);
  if (pair) return pair;
  const names = new Map(all.map(({ id, name }) => [id, `node:${name}`]));
  const listed = (ids: Iterable<string>) => [...ids].map((id) => names.get(id) ?? id).sort();
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

/** The tests that at least half of the members meet, those that fit best first. */
function testsOf(members: ReadonlySet<string>, all: readonly Candidate[]): Test[] {
  const tests = new Map<string, { type: MicrosegmentType; tag: string | null; nodes: Set<string> }>();
  const add = (text: string, type: MicrosegmentType, tag: string | null, node: string) => {
    const test = tests.get(text) ?? { type, tag, nodes: new Set<string>() };
    tests.set(text, test);
    test.nodes.add(node);
  };
  for (const { id, tags, facts } of all) {
    for (const tag of tags) add(`tag:${tag}`, "device", tag, id);
    for (const name of [...READ, ...[...facts.keys()].filter((fact) => fact.startsWith("app."))]) {
      const type = factOf(name)?.type;
      if (type) for (const text of textsOf(name, facts.get(name))) add(text, type, null, id);
    }
  }
  const misfit = ({ nodes }: { nodes: ReadonlySet<string> }) =>
    minus(nodes, members).length + minus(members, nodes).length;
  return [...tests]
    .map(([text, test]) => ({ text, ...test }))
    .filter(({ nodes }) => minus(members, nodes).length * 2 <= members.size)
    .sort((a, b) => misfit(a) - misfit(b) || (a.text < b.text ? -1 : 1));
}

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
