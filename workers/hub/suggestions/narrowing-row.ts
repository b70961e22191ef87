import type { meshRules } from "../../../shared/registry/mesh-schema.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import { type Narrowing, narrowingsOf } from "../../../shared/segments/suggest/narrowing.ts";
import type { Watch } from "../../../shared/segments/suggest/watch.ts";
import type { NetworkCopy } from "../../mesh/network-copy.ts";
import { type Basis, newSuggestion, type SuggestionRow } from "./row.ts";

type Since = Pick<RowOf<typeof meshRules>, "id" | "version" | "updated_at">;

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
  const { results } = await db.prepare("SELECT id, version, updated_at FROM mesh_rules").all<Since>();
  const since = new Map(results.map((row) => [row.id, row]));
  const { index } = copy.network;
  const nodes = copy.candidates.flatMap(({ id }) => index.node(id) ?? []);
  const rules = copy.rules.map((rule) => ({ rule, changedAt: since.get(rule.id)?.updated_at ?? now }));
  const names = new Map(copy.rules.map(({ id, name }) => [id, name]));
  return narrowingsOf(rules, nodes, watch, days, now).map((narrowing) =>
    narrowingRow(
      narrowing,
      names.get(narrowing.rule) ?? "",
      since.get(narrowing.rule)?.version ?? 0,
      basis,
      now,
    ),
  );
}

function narrowingRow(
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
