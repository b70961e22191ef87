import { contains, hostOf, isHost } from "../net/prefix.ts";
import type { Fault } from "./fault.ts";
import type { Destination, MeantRule, MeantTest, TestedDestination } from "./meaning.ts";
import { namesPeople, type Term } from "./term.ts";
import type { Inventory } from "./to-rules.ts";
import type { Passing } from "./traffic.ts";

const TCP = 6;

/** What became of the tests of a policy file. */
export interface Outcome {
  readonly failing: readonly Fault[];
  /** Those that nobody can judge here. */
  readonly open: readonly Fault[];
}

/**
 * Runs the tests of a policy file. They are judged by what the rules name, as they are there: a test about a host holds
 * although no machine has its address yet. Of a rule with a posture it is not known whether the source meets it.
 */
export function runTests(
  tests: readonly MeantTest[],
  rules: readonly MeantRule[],
  inventory: Inventory,
): Outcome {
  const sure = rules.filter(({ postures }) => postures.length === 0);
  const failing: Fault[] = [];
  const open: Fault[] = [];
  for (const test of tests) {
    const unknown = test.from
      .flatMap((term) => (term.kind === "users" ? term.users : []))
      .find((user) => !inventory.users.includes(user));
    if (unknown !== undefined)
      failing.push({ at: test.at, problem: `nobody is ${unknown}`, remedy: "Correct `src`" });
    else
      for (const key of ["accept", "deny"] as const)
        for (const destination of test[key]) {
          const { at, term } = destination;
          const foreign = [...test.from, term].find(({ kind }) => kind === "foreign");
          const holds = (among: readonly MeantRule[]) => passes(test, destination, key, among, inventory);
          if (isBlock(term))
            failing.push({ at, problem: "a block of addresses is no machine", remedy: "Write one address" });
          else if (foreign || holds(rules) !== holds(sure))
            open.push({ at, problem: "this test was not run", remedy: foreign ? BY_NAME : BY_POSTURE });
          else if (!holds(sure)) failing.push({ at, ...WRONG[key] });
        }
  }
  return { failing, open };
}

const BY_NAME = "It speaks of what has no counterpart";
const BY_POSTURE = "It depends on whether the source meets a posture";
const WRONG = {
  accept: { problem: "the traffic does not pass", remedy: "Correct the rules, or the test" },
  deny: { problem: "the traffic passes", remedy: "Correct the rules, or the test" },
} as const;

const isBlock = (term: Term): boolean => term.kind === "addresses" && !term.prefixes.every(isHost);

/** Whether rules do what the test expects of all that the destination names. A test without a protocol asks about TCP. */
function passes(
  { from, protocols, names }: MeantTest,
  { term, passing }: TestedDestination,
  expected: "accept" | "deny",
  rules: readonly MeantRule[],
  inventory: Inventory,
): boolean {
  const wanted = names ? protocols : [TCP];
  const pairs = from
    .flatMap(persons)
    .flatMap((source) => persons(term).map((target) => [source, target] as const));
  if (pairs.length === 0) return expected === "deny";
  return pairs.every(([source, target]) => {
    const naming = rules.flatMap((rule) =>
      rule.from.some((each) => covers(each, source, inventory))
        ? rule.to.filter((each) => reaches(each.term, target, source, inventory))
        : [],
    );
    return wanted.every((protocol) =>
      passing.every(({ ports }) => {
        const allowed = portsOf(naming, protocol);
        return expected === "accept" ? isFilled(ports, allowed) : !allowed.some((each) => meets(ports, each));
      }),
    );
  });
}

/** Each member of a group is judged alone, since several rules together may name them all. */
const persons = (term: Term): Term[] =>
  term.kind === "users" ? term.users.map((user) => ({ kind: "users", users: [user], group: null })) : [term];

type Range = Passing["ports"];

const portsOf = (naming: readonly Destination[], protocol: number): Range[] =>
  naming.flatMap(({ passing }) =>
    passing.flatMap(({ protocols, ports }) => (protocols.includes(protocol) ? [ports] : [])),
  );

const meets = ([first, last]: Range, [from, to]: Range): boolean => first <= to && from <= last;

/** Whether the ranges together have every port of the range, but port 0, which nobody uses. */
function isFilled([first, last]: Range, ranges: readonly Range[]): boolean {
  let next = Math.max(1, first);
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0]))
    if (from <= next) next = Math.max(next, to + 1);
  return next > last;
}

/** "Their own machines" are reached by a rule that says so, and as machines of the person. */
function reaches(rule: Term, asked: Term, from: Term, inventory: Inventory): boolean {
  if (rule.kind !== "self") return covers(rule, asked.kind === "self" ? from : asked, inventory);
  return asked.kind === "self" ? namesPeople(from) : sameUsers(asked, from);
}

const sameUsers = (one: Term, other: Term): boolean =>
  one.kind === "users" &&
  other.kind === "users" &&
  one.users.length === 1 &&
  other.users.length === 1 &&
  one.users[0] === other.users[0];

/** Whether the term of a rule names everything that the term of a test names. */
function covers(rule: Term, asked: Term, inventory: Inventory): boolean {
  if (rule.kind === "all") return true;
  if (asked.kind === "addresses") return coversAddress(rule, asked, inventory);
  switch (rule.kind) {
    case "members":
      return namesPeople(asked);
    case "tagged":
      return asked.kind === "tagged" || asked.kind === "tag";
    case "tag":
      return asked.kind === "tag" && asked.tag === rule.tag;
    case "users":
      return asked.kind === "users" && asked.users.every((user) => rule.users.includes(user));
    case "domain":
      return (
        (asked.kind === "users" && asked.users.every((user) => user.endsWith(`@${rule.domain}`))) ||
        (asked.kind === "domain" && asked.domain === rule.domain)
      );
    case "internet":
      return asked.kind === "internet";
    default:
      return false;
  }
}

/** An address is also named by what its machine is. */
function coversAddress(
  rule: Term,
  { prefixes }: Term & { kind: "addresses" },
  inventory: Inventory,
): boolean {
  if (rule.kind === "addresses")
    return prefixes.every((asked) => rule.prefixes.some((prefix) => contains(prefix, asked)));
  const machine = inventory.nodes.find(({ addresses }) =>
    addresses.map(hostOf).some((host) => host !== null && prefixes.every((asked) => contains(host, asked))),
  );
  if (!machine) return false;
  const tags = machine.tags.map((tag): Term => ({ kind: "tag", tag }));
  const owner: Term[] = machine.user === null ? [] : [{ kind: "users", users: [machine.user], group: null }];
  return [...tags, ...owner].some((each) => covers(rule, each, inventory));
}
