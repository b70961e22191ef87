import type { Answer } from "../../../shared/api/endpoints.ts";
import { isTurnedDown, type Meaning, type Remembered } from "../../../shared/segments/suggest/memory.ts";
import { proposalsOf } from "../../../shared/segments/suggest/proposal.ts";
import { suggest } from "../../../shared/segments/suggest/suggestion.ts";
import { supportOf } from "../../../shared/segments/suggest/support.ts";
import { isBetweenNodes } from "../../../shared/segments/suggest/watch.ts";
import type { SegmentName } from "../../mesh/ask-all.ts";
import { networkCopy } from "../../mesh/network-copy.ts";
import { meshState } from "../../mesh/state.ts";
import { watchedFlows } from "../../mesh/watched.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { narrowingRows } from "./narrowing-row.ts";
import { roleRow } from "./role-row.ts";
import { type Basis, insertSuggestion, type SuggestionRow } from "./row.ts";
import { surroundingsOf } from "./surroundings.ts";

const DAY_MS = 86_400_000;
/** More are not kept: nobody reads them, and the surest come first. */
const MOST_KEPT = 200;

export interface Wish {
  /** The home segment, or null for the whole network. */
  readonly segment: SegmentName | null;
  /** For how long the hub must have heard a node. */
  readonly days: number;
}

/** Makes suggestions anew from what is recorded. Those that wait are replaced, and what was turned down stays away. */
export async function makeSuggestions(
  bindings: Bindings,
  { segment, days }: Wish,
  now: number,
): Promise<{
  readonly statements: readonly D1PreparedStatement[];
  readonly body: Answer<"suggestions.make">;
}> {
  const { db } = bindings;
  const { revision, reportsFlows } = await meshState(db);
  if (!reportsFlows)
    throwRefusal(
      "too_little_observed",
      "Nodes report no flows. Switch `reportsFlows` on in the network's settings.",
    );
  const { watch, missing } = await watchedFlows(bindings);
  const homes = segment && (await nodesAtHome(db, segment.id));
  const support = supportOf(watch, (node) => homes === null || homes.has(node), days * DAY_MS, now);
  const { since, leftOut } = support;
  if (since === null) throwRefusal("too_little_observed", whyNothing(leftOut, days));
  const copy = await networkCopy(db, support.nodes, now);
  if (copy === null) throwRefusal("too_little_observed", "The network has no nodes yet.");
  const basis: Basis = {
    revision,
    since,
    until: now,
    flows: support.flows.length,
    nodes: support.nodes.length,
    segment: segment?.name ?? null,
  };
  const recorded = watch.flows.filter((flow) => flow.verdict === "allowed" && isBetweenNodes(flow));
  const proposals = proposalsOf(suggest(support.flows), await surroundingsOf(db, copy, recorded));
  const turnedDown = await rememberedOf(db);
  const rows = [
    ...proposals.map((proposal) => roleRow(proposal, basis, copy, now)),
    ...(segment === null ? await narrowingRows(db, copy, watch, days, basis, now) : []),
  ].sort((a, b) => b.confidence - a.confidence);
  const wanted = rows.filter((row) => !isTurnedDown(memoryOf(row), turnedDown));
  const fresh = wanted.slice(0, MOST_KEPT);
  return {
    statements: [
      db.prepare("DELETE FROM suggestions WHERE state = 'open'"),
      ...fresh.map((row) => insertSuggestion(db, row)),
    ],
    body: {
      basis,
      open: fresh.length,
      turnedDown: rows.length - wanted.length,
      leftOut,
      missing,
      truncated: watch.truncated,
    },
  };
}

function whyNothing({ oneSided, tooNew }: Answer<"suggestions.make">["leftOut"], days: number): string {
  if (tooNew > 0)
    return `The hub has not heard any two nodes with a flow for ${days} days yet. Wait, or ask for fewer days.`;
  if (oneSided > 0)
    return "Each recorded flow is reported by one end alone, which is no evidence. Upgrade the agents of the other ends.";
  return "No connections between nodes are recorded. Nodes report once a minute.";
}

async function nodesAtHome(db: D1Database, segment: string): Promise<ReadonlySet<string>> {
  const { results } = await db
    .prepare("SELECT id FROM nodes WHERE segment_id = ?")
    .bind(segment)
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

async function rememberedOf(db: D1Database): Promise<Remembered[]> {
  const { results } = await db
    .prepare("SELECT meaning, confidence, seen FROM suggestions WHERE state IN ('rejected', 'undone')")
    .all<Pick<SuggestionRow, "meaning" | "confidence" | "seen">>();
  return results.map(memoryOf);
}

const memoryOf = ({
  meaning,
  confidence,
  seen,
}: Pick<SuggestionRow, "meaning" | "confidence" | "seen">): Remembered => ({
  meaning: JSON.parse(meaning) as Meaning,
  confidence,
  seen,
});
