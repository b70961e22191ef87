import { storeRule } from "../../../shared/registry/mesh-statements.ts";
import { LEAST_CONFIDENCE } from "../../../shared/segments/suggest/proposal.ts";
import { parseTraffic } from "../../../shared/segments/traffic.ts";
import { networkCopy } from "../../mesh/network-copy.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import type { Acceptance } from "./accept.ts";
import { refuseBreaks } from "./breaks.ts";
import { bodyOf, type SuggestionRow } from "./row.ts";

/**
 * Narrows the rule to what was used of it, or switches it off. Refuses if the rule was changed since, or if a flow is recorded
 * meanwhile that would be refused.
 */
export async function acceptNarrowing(
  bindings: Bindings,
  row: SuggestionRow,
  despiteBreaks: boolean,
  now: number,
): Promise<Acceptance> {
  const { db } = bindings;
  const { narrowing } = bodyOf(row);
  if (row.confidence < LEAST_CONFIDENCE)
    throwRefusal("suggestion_unsure", "The rule was not watched for long enough to be narrowed.");
  const rule = await db
    .prepare("SELECT * FROM mesh_rules WHERE id = ?")
    .bind(narrowing?.id ?? "")
    .first<RuleRow>();
  if (!narrowing || !rule || rule.version !== narrowing.version || rule.enabled === 0)
    return throwRefusal(
      "suggestion_stale",
      "The rule was changed or deleted since. Have suggestions made again.",
    );
  const after: RuleRow = {
    ...rule,
    ...(narrowing.after.length === 0
      ? { enabled: 0 as const }
      : // What is left names traffic alone: a service may come to mean more.
        { traffic: JSON.stringify(narrowing.after.flatMap(readTraffic)), services: "[]" }),
    version: rule.version + 1,
    updated_at: now,
  };
  const copy = await networkCopy(db, [], now);
  if (!copy?.isWhole)
    return throwRefusal("suggestion_stale", "The network has too many nodes now to be judged as a whole.");
  const others = copy.ruleRows.filter(({ id }) => id !== rule.id);
  if (!despiteBreaks)
    await refuseBreaks(
      bindings,
      copy,
      after.enabled === 0 ? others : [...others, after],
      copy.microsegmentRows,
      now,
    );
  const tested = await breaksNoTest({ bindings, now }, { rules: new Map([[after.id, after]]) });
  const { traffic, services, enabled } = rule;
  return {
    statements: [...tested, unchanged(db, "mesh_rules", rule, rule.version), ...storeRule(after)],
    undo: {
      microsegments: [],
      rules: [],
      changed: [{ id: rule.id, version: after.version, before: { traffic, services, enabled } }],
    },
    made: { microsegments: [], rules: [], replaced: [rule.name] },
  };
}

function readTraffic(text: string) {
  const parsed = parseTraffic(text);
  return parsed.ok ? [parsed.value] : [];
}
