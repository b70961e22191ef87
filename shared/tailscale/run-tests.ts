import { contains, hostOf, isHost } from "../net/prefix.ts";
import type { Fault } from "./fault.ts";
import type { Destination, MeantRule, MeantTest } from "./meaning.ts";
import { namesPeople, type Term } from "./term.ts";
import type { Inventory } from "./to-rules.ts";

const TCP = 6;

/**
 * The tests of a policy file that fail. They are judged by what the rules name, as they are there: a test about a host holds
 * although no machine has its address yet.
 */
export function failingTests(
  tests: readonly MeantTest[],
  rules: readonly MeantRule[],
  inventory: Inventory,
): Fault[] {
  return tests.flatMap((test) => {
    const unknown = [test.from].flatMap((term) =>
      term.kind === "users" ? term.users.filter((user) => !inventory.users.includes(user)) : [],
    );
    if (unknown.length > 0)
      return [{ at: test.at, problem: `nobody is ${unknown[0]}`, remedy: "Correct `src`" }];
    const judge = (list: readonly Destination[], key: "accept" | "deny") =>
      list.flatMap((destination, index): Fault[] => {
        const at = `${test.at}.${key}[${index}]`;
        if (isBlock(destination.term))
          return [{ at, problem: "a block of addresses is no machine", remedy: "Write one address" }];
        if (passes(test, destination, rules, inventory) === (key === "accept")) return [];
        const problem = key === "accept" ? "the traffic does not pass" : "the traffic passes";
        return [{ at, problem, remedy: "Correct the rules, or the test" }];
      });
    return [...judge(test.accept, "accept"), ...judge(test.deny, "deny")];
  });
}

const isBlock = (term: Term): boolean => term.kind === "addresses" && !isHost(term.prefix);

/** Whether rules let all that the destination names pass. A test without a protocol asks about TCP. */
function passes(
  { from, protocols, names }: MeantTest,
  { term, passing }: Destination,
  rules: readonly MeantRule[],
  inventory: Inventory,
): boolean {
  const naming = rules.flatMap((rule) =>
    rule.from.some((each) => covers(each, from, inventory))
      ? rule.to.filter((each) => reaches(each.term, term, from, inventory))
      : [],
  );
  const allowed = naming.flatMap((destination) => destination.passing);
  const isAllowed = (protocol: number, port: number) =>
    allowed.some(
      ({ protocols: numbers, ports: [first, last] }) =>
        numbers.includes(protocol) && first <= port && port <= last,
    );
  return (names ? protocols : [TCP]).every((protocol) =>
    passing.every(({ ports }) => ports.every((port) => isAllowed(protocol, Math.max(1, port)))),
  );
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
function coversAddress(rule: Term, { prefix }: Term & { kind: "addresses" }, inventory: Inventory): boolean {
  if (rule.kind === "addresses") return contains(rule.prefix, prefix);
  const machine = inventory.nodes.find(({ addresses }) =>
    addresses.some((address) => hostOf(address)?.first === prefix.first),
  );
  if (!machine) return false;
  const tags = machine.tags.map((tag): Term => ({ kind: "tag", tag }));
  const owner: Term[] = machine.user === null ? [] : [{ kind: "users", users: [machine.user], group: null }];
  return [...tags, ...owner].some((each) => covers(rule, each, inventory));
}
