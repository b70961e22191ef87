import { contains, formatPrefix, hostOf, isDefaultRoute, prefixOf } from "../net/prefix.ts";
import { parseSelector } from "../segments/selector.ts";
import type { Fault } from "./fault.ts";
import type { MeantTest, TestedDestination } from "./meaning.ts";
import type { Term } from "./term.ts";
import type { Inventory } from "./to-rules.ts";
import { trafficTexts } from "./traffic-text.ts";

/** A test as the document of the network has it. */
export interface ImportedTest {
  readonly name: string;
  readonly from: string;
  readonly accept: readonly string[];
  readonly deny: readonly string[];
}

const TCP = 6;
const REMEDY = "Write a test of the rules by hand: `rustronaut mesh-tests create`";

/**
 * Translates the tests of a policy file, so that the rules go on being held against them.
 * @param open What was not run. It has no counterpart.
 */
export function toTests(
  meant: readonly MeantTest[],
  inventory: Inventory,
  open: readonly Fault[],
): { readonly tests: readonly ImportedTest[]; readonly left: readonly Fault[] } {
  const left = new Map<string, Fault>();
  const leave = (at: string) =>
    left.set(at, { at, problem: "this has no counterpart in a test here", remedy: REMEDY });
  const isOpen = new Set(open.map(({ at }) => at));
  const tests = meant.flatMap((test) => {
    const sources = test.from.flatMap((term) => selectorsOf(term, inventory));
    if (sources.length === 0) leave(test.at);
    const targets = (destinations: readonly TestedDestination[]) =>
      destinations.flatMap((destination) => {
        if (isOpen.has(destination.at)) return [];
        const found = targetsOf(test, destination, inventory);
        if (found.length === 0) leave(destination.at);
        return found;
      });
    const [accept, deny] = [targets(test.accept), targets(test.deny)];
    if (accept.length + deny.length === 0) return [];
    return sources.map((from) => ({
      name: sources.length > 1 ? `${nameOf(test.at)} ${from}` : nameOf(test.at),
      from,
      accept,
      deny,
    }));
  });
  return { tests, left: [...left.values()] };
}

function targetsOf(test: MeantTest, { term, passing }: TestedDestination, inventory: Inventory): string[] {
  const address = [term, ...test.from].find((each) => each.kind === "addresses");
  const family = address?.prefixes[0]?.version ?? null;
  const protocols = test.names ? test.protocols : [TCP];
  const traffic = trafficTexts(
    passing.map((each) => ({ ...each, protocols })),
    family,
  );
  return destinationsOf(term, inventory).flatMap((to) => traffic.map((text) => `${to} ${text}`));
}

function destinationsOf(term: Term, inventory: Inventory): string[] {
  if (term.kind === "internet") return ["internet"];
  const nodes = selectorsOf(term, inventory);
  if (term.kind !== "addresses" || nodes.length > 0) return nodes;
  const routes = inventory.nodes.flatMap((node) => node.routes).map(prefixOf);
  return term.prefixes
    .filter((prefix) => routes.some((route) => route && !isDefaultRoute(route) && contains(route, prefix)))
    .map((prefix) => `subnet:${formatPrefix(prefix)}`);
}

/** Selectors of the machines that the term names, as far as they can be named here. */
function selectorsOf(term: Term, { nodes }: Inventory): string[] {
  const named = (selectors: readonly string[]) => selectors.filter((text) => parseSelector(text, "from").ok);
  switch (term.kind) {
    case "all":
      return ["any"];
    case "tag":
      return named([`tag:${term.tag}`]);
    case "users":
      return named(term.users.map((user) => `user:${user}`));
    case "addresses": {
      const hosts = (addresses: readonly string[]) => addresses.map(hostOf).filter((host) => host !== null);
      return named(
        nodes
          .filter(({ addresses }) =>
            hosts(addresses).some((host) => term.prefixes.some((prefix) => contains(prefix, host))),
          )
          .map(({ name }) => `node:${name}`),
      );
    }
    default:
      return [];
  }
}

/** `tests[0]` is the first one for people. */
const nameOf = (at: string): string =>
  at.replace(/^tests\[(\d+)\]$/, (_, index: string) => `test ${Number(index) + 1}`);
