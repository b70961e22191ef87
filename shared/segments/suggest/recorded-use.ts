import type { ObservedFlow } from "../flow-graph.ts";
import { parseTraffic } from "../traffic.ts";
import { coversTraffic } from "../traffic-sets.ts";
import type { Neighbours, Permissions } from "./permissions.ts";
import { isBetweenNodes, serviceOf } from "./watch.ts";

/** What speaks for and against rules into some nodes: recorded traffic held against what is permitted today and then. */

/** Who may open what to the nodes. */
export interface Permitted {
  readonly sources: readonly string[];
  readonly service: string;
}

/** Recorded flows that would be refused. */
export interface Broken {
  readonly flows: number;
  /** How many nodes open them. */
  readonly nodes: number;
  /** The first of them, those with the most connections first. */
  readonly items: readonly ObservedFlow[];
}
const MOST_TOLD = 50;

/** How much of a rule is used. A pair is one node that may open something to another. */
export interface Use {
  readonly rule: string;
  readonly pairs: number;
  readonly used: number;
}

/** From how many nodes a node can be reached: today, and by the rules that are proposed alone. */
export interface Exposure {
  readonly before: Spread;
  readonly after: Spread;
}
export interface Spread {
  readonly mean: number;
  readonly max: number;
}

/** What is recorded towards the members, and none of these permissions lets pass. */
export function brokenBy(
  permitted: readonly Permitted[],
  members: readonly string[],
  recorded: readonly ObservedFlow[],
): Broken {
  const isMember = new Set(members);
  const bySource = new Map<string, string[]>();
  for (const { sources, service } of permitted)
    for (const source of sources) bySource.set(source, [...(bySource.get(source) ?? []), service]);
  const broken = recorded
    .filter((flow) => isBetweenNodes(flow) && isMember.has(flow.destination.node))
    .filter((flow) => !isCovered(bySource.get(flow.source.node) ?? [], serviceOf(flow)))
    .sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt);
  return {
    flows: broken.length,
    nodes: new Set(broken.map(({ source }) => source.node)).size,
    items: broken.slice(0, MOST_TOLD),
  };
}

/** Whether the services contain this one. What no rule can name, no service contains. */
function isCovered(services: readonly string[], service: string | null): boolean {
  if (service === null) return false;
  if (services.includes(service)) return true;
  const [asked, ...known] = [service, ...services].map(parseTraffic);
  return (
    asked?.ok === true &&
    coversTraffic(
      known.flatMap((one) => (one.ok ? one.value : [])),
      [asked.value],
    )
  );
}

/** How far today's rules into the members are used, those with the most unused pairs first. */
export function unusedInto(
  members: readonly string[],
  recorded: readonly ObservedFlow[],
  permissions: Permissions,
): Use[] {
  const isMember = new Set(members);
  const used = usedPairs(
    recorded.filter(({ destination }) => isMember.has(destination.node)),
    permissions,
  );
  const pairs = new Map<string, number>();
  for (const member of members)
    for (const { nodes, rules } of permissions.sourcesOf(member))
      for (const rule of rules) pairs.set(rule, (pairs.get(rule) ?? 0) + nodes.length);
  const idle = ({ pairs, used }: Use) => pairs - used;
  return [...pairs]
    .map(([rule, count]) => ({ rule, pairs: count, used: used.get(rule)?.size ?? 0 }))
    .filter((use) => idle(use) > 0)
    .sort((a, b) => idle(b) - idle(a) || (a.rule < b.rule ? -1 : 1));
}

/** By rule: the pairs of nodes that used it, as far as recorded. A flow that several rules permit is a use of each. */
export function usedPairs(
  recorded: readonly ObservedFlow[],
  permissions: Permissions,
): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  for (const flow of recorded) {
    const service = serviceOf(flow);
    if (service === null || !isBetweenNodes(flow)) continue;
    const [source, destination] = [flow.source.node, flow.destination.node];
    for (const rule of permissions.rulesFor(source, destination, service)) {
      const pairs = used.get(rule) ?? new Set();
      used.set(rule, pairs.add(`${source} ${destination}`));
    }
  }
  return used;
}

export function exposureOf(
  permitted: readonly Permitted[],
  members: readonly string[],
  permissions: Permissions,
): Exposure {
  const callers = new Set(permitted.flatMap(({ sources }) => sources));
  return {
    before: spreadOf(members.map((member) => countOf(permissions.sourcesOf(member)))),
    after: spreadOf(members.map((member) => callers.size - (callers.has(member) ? 1 : 0))),
  };
}

/** How many nodes that are. */
export const countOf = (neighbours: readonly Neighbours[]): number =>
  neighbours.reduce((sum, { nodes }) => sum + nodes.length, 0);

export const spreadOf = (counts: readonly number[]): Spread => ({
  mean: counts.length === 0 ? 0 : counts.reduce((sum, count) => sum + count, 0) / counts.length,
  max: Math.max(0, ...counts),
});
