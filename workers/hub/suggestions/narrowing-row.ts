import type { meshRules } from "../../../shared/registry/mesh-schema.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import { type Narrowing, narrowingsOf } from "../../../shared/segments/suggest/narrowing.ts";
import type { Watch } from "../../../shared/segments/suggest/watch.ts";
import type { NodeFacts } from "../../../shared/segments/types.ts";
import type { NetworkCopy } from "../../mesh/network-copy.ts";
import { type Basis, newSuggestion, type SuggestionRow } from "./row.ts";

type Since = Pick<RowOf<typeof meshRules>, "id" | "version" | "updated_at">;

/** The rules that could permit less, and the nodes of the network. */
export async function foundNarrowings(
  db: D1Database,
  { candidates, network, rules }: NetworkCopy,
  watch: Watch,
  days: number,
  now: number,
): Promise<{
  readonly narrowings: Narrowing[];
  readonly nodes: readonly NodeFacts[];
  readonly versions: ReadonlyMap<string, number>;
}> {
  const { results } = await db.prepare("SELECT id, version, updated_at FROM mesh_rules").all<Since>();
  const changed = new Map(results.map((row) => [row.id, row.updated_at]));
  const nodes = candidates.flatMap(({ id }) => network.index.node(id) ?? []);
  const since = rules.map((rule) => ({ rule, changedAt: changed.get(rule.id) ?? now }));
  return {
    narrowings: narrowingsOf(since, nodes, watch, days, now),
    nodes,
    versions: new Map(results.map(({ id, version }) => [id, version])),
  };
}

/** The rules that could permit less, as suggestions. None where not all nodes of the network are known. */
export async function narrowingRows(
  db: D1Database,
  copy: NetworkCopy,
  watch: Watch,
  days: number,
  basis: Basis,
  now: number,
): Promise<SuggestionRow[]> {
  if (!copy.isWhole) return [];
  const { narrowings, versions } = await foundNarrowings(db, copy, watch, days, now);
  const names = new Map(copy.rules.map(({ id, name }) => [id, name]));
  return narrowings.map((narrowing) => {
    const { rule } = narrowing;
    return narrowingRow(narrowing, names.get(rule) ?? "", versions.get(rule) ?? 0, basis, now);
  });
}

export function narrowingRow(
  { rule, before, after, days, confidence, pairs, used }: Narrowing,
  name: string,
  version: number,
  basis: Basis,
  now: number,
): SuggestionRow {
  return newSuggestion(
    {
      name: `narrow ${name}`.slice(0, 100),
      kind: "narrowing",
      confidence,
      seen: used,
      meaning: { about: [rule], says: after, to: before },
      basis,
      body: {
        ...{ members: [], microsegments: [], rules: [], exposure: null, splits: null },
        breaks: { flows: 0, nodes: 0, items: [] },
        unused: [{ rule: name, pairs, used }],
        narrowing: {
          rule: name,
          id: rule,
          version,
          before: [...before],
          after: [...after],
          days,
          pairs,
          used,
        },
      },
    },
    now,
  );
}
