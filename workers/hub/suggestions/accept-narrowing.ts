import { NO_DRAFT } from "../../../shared/node/mesh/mesh-draft.ts";
import { storeRule } from "../../../shared/registry/mesh-statements.ts";
import { LEAST_CONFIDENCE } from "../../../shared/segments/suggest/proposal.ts";
import { parseTraffic, printTraffic } from "../../../shared/segments/traffic.ts";
import { type NetworkCopy, networkCopy } from "../../mesh/network-copy.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { guard, unchanged } from "../../registry/guards.ts";
import { rulesFit } from "../../registry/mesh-limits.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import type { Acceptance } from "./accept.ts";
import { refuseBreaks } from "./breaks.ts";
import { type Body, bodyOf, type SuggestionRow } from "./row.ts";
import { servicesNamed } from "./undo.ts";

/**
 * Narrows the rule to what was used of it, or switches it off. Refuses if the rule, or a service of it, was changed since, or if
 * a flow is recorded meanwhile that would be refused.
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
  if (!narrowing || !rule || rule.version !== narrowing.version || rule.enabled === 0) return staleRule();
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
  if (!isStill(copy, narrowing)) return staleRule();
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
    draft: {
      ...NO_DRAFT,
      rules: after.enabled === 0 ? { put: [], gone: [after.id] } : { put: [after], gone: [] },
    },
    statements: [
      ...tested,
      unchanged(db, "mesh_rules", rule, rule.version),
      // A service that is changed meanwhile changes what the rule permits, and not its version.
      guard(
        db,
        "mesh_moved",
        "(SELECT rules_revision FROM mesh_state) = ?",
        copy.network.state.rules_revision,
      ),
      ...storeRule(after),
      // Ports that are listed take more than a range does.
      ...rulesFit(db),
    ],
    undo: {
      microsegments: [],
      rules: [],
      services: await servicesNamed(db, [rule]),
      changed: [{ id: rule.id, version: after.version, before: { traffic, services, enabled } }],
    },
    made: { microsegments: [], rules: [], replaced: [rule.name] },
  };
}

const staleRule = (): never =>
  throwRefusal(
    "suggestion_stale",
    "The rule was changed or deleted since, or a service of it. Have suggestions made again.",
  );

/** Whether the rule permits what it permitted when the narrowing was found. Of another one, what is left may be more. */
function isStill({ rules }: NetworkCopy, { id, before }: NonNullable<Body["narrowing"]>): boolean {
  const rule = rules.find((one) => one.id === id);
  if (!rule || rule.effect === "deny") return false;
  return JSON.stringify(rule.traffic.map(printTraffic)) === JSON.stringify(before);
}

function readTraffic(text: string) {
  const parsed = parseTraffic(text);
  return parsed.ok ? [parsed.value] : [];
}
