import type { Grouping } from "../../support/judge-suggestion.ts";
import type { SeenFlow } from "../../support/landscapes.ts";

/** The peer: nodes that use and offer the same services, with the same nodes at the other end, have one role. */
export function byNeighbours(flows: readonly SeenFlow[]): Grouping {
  const features = new Map<string, Set<string>>();
  const add = (node: string, feature: string) =>
    features.set(node, (features.get(node) ?? new Set()).add(feature));
  for (const { source, destination, service } of flows) {
    add(source, `to ${destination} ${service}`);
    add(destination, `from ${source} ${service}`);
  }
  const roles = linked([...features.keys()].sort(), (one, other) =>
    alike(features.get(one), features.get(other)),
  );
  const roleOf = new Map(roles.flatMap((nodes, index) => nodes.map((node) => [node, index] as const)));
  const rules = new Map(
    flows.map(({ source, destination, service }) => {
      const [from, to] = [roleOf.get(source) ?? 0, roleOf.get(destination) ?? 0];
      return [`${from} ${to} ${service}`, { from, to, service }] as const;
    }),
  );
  return { roles: roles.map((nodes) => ({ nodes })), rules: [...rules.values()] };
}

/** Single linkage: a node joins all groups in which one node is like it. */
function linked(nodes: readonly string[], isAlike: (one: string, other: string) => boolean): string[][] {
  let groups: string[][] = [];
  for (const node of nodes) {
    const near = groups.filter((group) => group.some((other) => isAlike(node, other)));
    groups = [...groups.filter((group) => !near.includes(group)), [...near.flat(), node]];
  }
  return groups;
}

const CUT = 0.5;

/** The index of Jaccard: what both have, as a share of what either has. */
function alike(one: ReadonlySet<string> = new Set(), other: ReadonlySet<string> = new Set()): boolean {
  const shared = one.intersection(other).size;
  return shared / (one.size + other.size - shared) >= CUT;
}
