import { ruleOf } from "../../../shared/registry/node-rows.ts";
import { networks } from "../../../shared/registry/schema.ts";
import {
  type Applied,
  type Costed,
  costed,
  type InForce,
  missed,
  mustStop,
  nextNarrowings,
} from "../../../shared/segments/suggest/adaptation.ts";
import type { Meaning } from "../../../shared/segments/suggest/memory.ts";
import { sidesOf } from "../../../shared/segments/suggest/narrowing.ts";
import { type NetworkCopy, networkCopy } from "../../mesh/network-copy.ts";
import { watchedFlows } from "../../mesh/watched.ts";
import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { registryOf } from "../../registry/database.ts";
import { guard, unchanged } from "../../registry/guards.ts";
import type { Write } from "../call.ts";
import { commit, writeKey } from "../commit.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { changeNetwork, type NetworkRow, storeNetwork } from "../handlers/network.ts";
import { acceptNarrowing } from "./accept-narrowing.ts";
import { foundNarrowings, narrowingRow } from "./narrowing-row.ts";
import {
  type Basis,
  bodyOf,
  decideSuggestion,
  insertSuggestion,
  type SuggestionRow,
  type Undo,
} from "./row.ts";
import { undoStatements } from "./undo.ts";

/** Adaptive segmentation: narrows rules by itself, and gives back what turns out to be needed (decision 0039). */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** How often it looks. The cron comes each minute. */
const EVERY_MINUTES = 10;

export const isAdaptationDue = (now: number): boolean => Math.floor(now / MINUTE_MS) % EVERY_MINUTES === 0;

/** One round, if the network's administrators switched it on. Never rejects: a later round tries again. */
export async function adapt(bindings: Bindings, now: number): Promise<void> {
  try {
    const [network] = await registryOf(bindings.db).select().from(networks).limit(1);
    if (network?.adaptive && network.reportsFlows) await adaptNetwork(bindings, network, now);
  } catch (error) {
    logError("adaptation_failed", error);
  }
}

async function adaptNetwork(bindings: Bindings, network: NetworkRow, now: number): Promise<void> {
  const { db } = bindings;
  const [{ watch, missing }, copy, narrowings] = await Promise.all([
    watchedFlows(bindings),
    networkCopy(db, [], now),
    narrowingsBefore(db),
  ]);
  if (!copy?.isWhole) return;
  const applied = narrowings.filter(({ share }) => share > 0);
  const inForce = await inForceOf(db, applied, copy);
  const returning = new Set(missed(inForce, watch.flows, now).map(({ id }) => id));
  for (const row of applied.filter(({ id }) => returning.has(id))) await giveBack(bindings, row, now);
  const history = applied.map((row) => appliedOf(row, returning, now));
  if (mustStop(history, now)) return stop(bindings, network, now);
  // What a segment does not tell is not known, and its nodes may need anything.
  if (missing.length > 0) return;
  const budget = {
    perDay: network.adaptivePerDay,
    percent: network.adaptivePercent,
    days: network.adaptiveDays,
  };
  const turnedDown = narrowings
    .filter(({ id, state }) => state === "rejected" || state === "undone" || returning.has(id))
    .map(({ meaning }) => JSON.parse(meaning) as Meaning);
  const { narrowings: found, nodes } = await foundNarrowings(db, copy, watch, budget.days, now);
  const candidates = costed(found, copy.rules, nodes);
  // One that a test of rules forbids, say, must not keep the others from their turn.
  for (const one of nextNarrowings(candidates, budget, history, turnedDown, now))
    await narrow(bindings, one, network, copy, now).catch((error: unknown) =>
      logError("narrowing_failed", error, { rule: one.rule }),
    );
}

async function narrowingsBefore(db: D1Database): Promise<SuggestionRow[]> {
  const { results } = await db
    .prepare("SELECT * FROM suggestions WHERE kind = 'narrowing' AND state <> 'open'")
    .all<SuggestionRow>();
  return results;
}

const appliedOf = (row: SuggestionRow, returning: ReadonlySet<string>, now: number): Applied => ({
  id: row.id,
  at: row.created_at,
  share: row.share,
  undoneAt: returning.has(row.id) ? now : row.state === "undone" ? row.decided_at : null,
});

/** Those whose rules are as they left them. Whoever changed a rule since knows what it is to permit. */
async function inForceOf(
  db: D1Database,
  applied: readonly SuggestionRow[],
  { network, candidates }: NetworkCopy,
): Promise<InForce[]> {
  const held = applied.filter(({ state }) => state === "accepted");
  const { results } = await db
    .prepare("SELECT * FROM mesh_rules WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(held.map((row) => bodyOf(row).narrowing?.id)))
    .all<RuleRow>();
  const rules = new Map(results.map((row) => [row.id, row]));
  const sides = sidesOf(candidates.flatMap(({ id }) => network.index.node(id) ?? []));
  return held.flatMap((row) => {
    const { narrowing } = bodyOf(row);
    const rule = rules.get(narrowing?.id ?? "");
    const left = (JSON.parse(row.undo ?? "null") as Undo | null)?.changed[0];
    if (!narrowing || !rule || rule.version !== left?.version) return [];
    const { from, to } = ruleOf(rule);
    const [sources, destinations] = [sides(from), sides(to)];
    const { before, after } = narrowing;
    return sources && destinations
      ? [{ id: row.id, at: row.created_at, from: sources, to: destinations, before, after }]
      : [];
  });
}

/** Puts a narrowing in force as a suggestion that is accepted at once. A second isolate in this moment fails by the guard. */
async function narrow(
  bindings: Bindings,
  narrowing: Costed,
  { adaptivePerDay, adaptivePercent }: NetworkRow,
  copy: NetworkCopy,
  now: number,
): Promise<void> {
  const { db } = bindings;
  const rule = await db
    .prepare("SELECT name, version FROM mesh_rules WHERE id = ?")
    .bind(narrowing.rule)
    .first<{ name: string; version: number }>();
  if (!rule) return;
  const basis: Basis = {
    revision: copy.network.state.revision,
    since: now - narrowing.days * DAY_MS,
    until: now,
    flows: narrowing.used,
    nodes: copy.candidates.length,
    segment: null,
  };
  const made = { ...narrowingRow(narrowing, rule.name, rule.version, basis, now), share: narrowing.share };
  const { statements, undo } = await acceptNarrowing(bindings, made, false, now);
  const row = decided(made, "accepted", JSON.stringify(undo), now);
  await commitBySystem(bindings, "suggestion.adapt", row, now, [
    guard(
      db,
      "adaptation_budget",
      `(SELECT count(*) FROM suggestions WHERE share > 0 AND created_at > ?1) < ?2
       AND (SELECT total(share) FROM suggestions WHERE share > 0 AND created_at > ?1) + ?3 <= ?4`,
      now - DAY_MS,
      adaptivePerDay,
      narrowing.share,
      adaptivePercent / 100,
    ),
    insertSuggestion(db, made),
    ...statements,
    decideSuggestion(db, row),
  ]);
}

async function giveBack(bindings: Bindings, before: SuggestionRow, now: number): Promise<void> {
  const { db } = bindings;
  const row = decided(before, "undone", null, now);
  await commitBySystem(bindings, "suggestion.return", row, now, [
    unchanged(db, "suggestions", before, before.version),
    ...(await undoStatements(bindings, JSON.parse(before.undo ?? "null") as Undo, now)),
    decideSuggestion(db, row),
  ]).catch((error: unknown) => logError("narrowing_not_returned", error, { suggestion: before.id }));
}

const decided = (
  row: SuggestionRow,
  state: SuggestionRow["state"],
  undo: string | null,
  now: number,
): SuggestionRow => ({
  ...row,
  ...{ state, undo, decided_by: "system", decided_at: now, version: row.version + 1, updated_at: now },
});

async function stop(bindings: Bindings, network: NetworkRow, now: number): Promise<void> {
  const after = changeNetwork(network, { adaptive: false }, now);
  await write(bindings, `stop ${now}`, now, {
    statements: [
      unchanged(bindings.db, "networks", network, network.version),
      storeNetwork(bindings.db, after),
    ],
    effects: effects("network.adaptation_stopped", "network", {}),
    body: null,
  });
}

const effects = (action: string, target: string, detail: Write["effects"]["event"]["detail"]) => ({
  event: { action, target, detail },
  policies: false,
  userIds: [],
  ends: [],
});

const commitBySystem = (
  bindings: Bindings,
  action: string,
  row: SuggestionRow,
  now: number,
  statements: Write["statements"],
): Promise<unknown> => {
  const { narrowing } = bodyOf(row);
  const detail = {
    rule: narrowing?.rule ?? "",
    before: narrowing?.before ?? [],
    after: narrowing?.after ?? [],
  };
  return write(bindings, `${action} ${row.id}`, now, {
    statements,
    effects: effects(action, row.id, detail),
    body: null,
  });
};

const write = (bindings: Bindings, key: string, now: number, change: Write): Promise<unknown> =>
  commit(bindings, { actor: "system" }, writeKey("system", null, `adaptation ${key}`), change, 204, now);
