import { type Landscape, needed } from "./landscapes.ts";

export interface Grouping {
  readonly roles: readonly { readonly nodes: readonly string[] }[];
  readonly rules: readonly { readonly from: number; readonly to: number; readonly service: string }[];
}

export interface Judgement {
  /** Adjusted Rand index (Hubert and Arabie 1985) of the roles: 1 when they are the true ones, about 0 by chance. */
  readonly ari: number;
  /** The share of the needed pairs that the rules let pass. */
  readonly coverage: number;
  /** The share of what the rules let pass that nobody needs. */
  readonly overPermission: number;
}

export function judge(landscape: Landscape, { roles, rules }: Grouping): Judgement {
  const keyOf = (source: string, destination: string, service: string) =>
    `${source} ${destination} ${service}`;
  const need = new Set(needed(landscape).map((flow) => keyOf(flow.source, flow.destination, flow.service)));
  const permitted = new Set<string>();
  for (const { from, to, service } of rules) {
    for (const source of roles[from]?.nodes ?? []) {
      for (const destination of roles[to]?.nodes ?? [])
        if (source !== destination) permitted.add(keyOf(source, destination, service));
    }
  }
  const covered = [...need].filter((key) => permitted.has(key)).length;
  return {
    ari: adjustedRand(labels(Object.values(landscape.roles)), labels(roles.map(({ nodes }) => nodes))),
    coverage: covered / need.size,
    overPermission: permitted.size === 0 ? 0 : 1 - covered / permitted.size,
  };
}

const labels = (groups: readonly (readonly string[])[]): Map<string, number> =>
  new Map(groups.flatMap((nodes, index) => nodes.map((node) => [node, index] as const)));

/** Nodes that the second grouping leaves out count as alone. */
function adjustedRand(truth: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): number {
  const nodes = [...truth.keys()];
  const labelOf = (node: string, index: number) => found.get(node) ?? -1 - index;
  const sizes = (keys: readonly (string | number)[]) =>
    [...Map.groupBy(keys, (key) => key).values()].reduce((sum, { length }) => sum + pairsOf(length), 0);
  const both = sizes(nodes.map((node, index) => `${truth.get(node)} ${labelOf(node, index)}`));
  const [one, other] = [sizes([...truth.values()]), sizes(nodes.map(labelOf))];
  const expected = (one * other) / pairsOf(nodes.length);
  return (both - expected) / ((one + other) / 2 - expected);
}

const pairsOf = (count: number): number => (count * (count - 1)) / 2;
