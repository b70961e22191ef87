import { type FlowEnd, joinFlows } from "../../../shared/segments/flow-graph.ts";
import { joinHits } from "../../../shared/segments/hits.ts";
import { askAll } from "../../mesh/ask-all.ts";
import { combineMaps } from "../../mesh/map.ts";
import { meshState } from "../../mesh/state.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";
import { findNode } from "./nodes.ts";
import { findSegment } from "./segments.ts";

async function holds(bindings: Bindings) {
  const { answers, missing } = await askAll(bindings, (object) => object.holds());
  const items = answers.flatMap(({ segment, answer }) =>
    answer.map((hold) => ({
      segmentId: segment.id,
      segment: segment.name,
      ...hold,
      nodes: [...hold.nodes],
    })),
  );
  return { items, missing };
}

async function namesOfRules(db: D1Database): Promise<Record<string, string>> {
  const { results } = await db.prepare("SELECT id, name FROM mesh_rules").all<{ id: string; name: string }>();
  return Object.fromEntries(results.map(({ id, name }) => [id, name]));
}

const DEFAULT_FLOWS = 500;

export async function namesOfNodes(
  db: D1Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { results } = await db
    .prepare("SELECT id, name FROM nodes WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify([...new Set(ids)]))
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}

export const MESH_HANDLERS: Handlers<
  "mesh.map" | "mesh.hits" | "mesh.flows" | "mesh.holds" | "mesh.confirmHold"
> = {
  "mesh.map": async ({ bindings, query }) => {
    const around = query.node === undefined ? undefined : (await findNode(bindings.db, query.node)).id;
    const [{ answers, missing }, rules] = await Promise.all([
      askAll(bindings, (object) => object.map(around)),
      namesOfRules(bindings.db),
    ]);
    const map = combineMaps(answers.map(({ segment, answer }) => [segment.name, answer]));
    return { body: { ...map, rules, missing } };
  },

  "mesh.hits": async ({ bindings }) => {
    const [{ answers, missing }, { reportsFlows }, names] = await Promise.all([
      askAll(bindings, (object) => object.hits()),
      meshState(bindings.db),
      namesOfRules(bindings.db),
    ]);
    const hits = joinHits(answers.flatMap(({ answer }) => answer.rules));
    const since = answers.flatMap(({ answer }) => answer.since ?? []);
    const total = (of: "counting" | "nodes") => answers.reduce((sum, { answer }) => sum + answer[of], 0);
    return {
      body: {
        items: Object.entries(names)
          .map(([rule, name]) => {
            const { packets, lastHitAt } = hits.get(rule) ?? { packets: 0, lastHitAt: null };
            return { rule, name, packets, lastHitAt };
          })
          .sort((a, b) => b.packets - a.packets),
        since: since.length === 0 ? null : Math.max(...since),
        counting: total("counting"),
        nodes: total("nodes"),
        reported: reportsFlows,
        missing,
      },
    };
  },

  "mesh.flows": async ({ bindings, query }) => {
    const around = query.node === undefined ? undefined : (await findNode(bindings.db, query.node)).id;
    const [{ answers, missing }, { reportsFlows }] = await Promise.all([
      askAll(bindings, (object) => object.flows(around)),
      meshState(bindings.db),
    ]);
    const all = joinFlows(answers.flatMap(({ answer }) => answer.flows))
      .filter(({ verdict }) => query.verdict === undefined || verdict === query.verdict)
      .sort((a, b) => b.count - a.count);
    const shown = all.slice(0, query.limit ?? DEFAULT_FLOWS);
    const ends = shown.flatMap(({ source, destination }) => [source.node, destination.node]);
    const names = await namesOfNodes(bindings.db, ends);
    const named = (end: FlowEnd) => ({ ...end, name: names.get(end.node) ?? end.node });
    return {
      body: {
        items: shown.map((flow) => ({
          ...flow,
          source: named(flow.source),
          destination: named(flow.destination),
          reportedBy: [...flow.reportedBy],
        })),
        reported: reportsFlows,
        truncated: shown.length < all.length || answers.some(({ answer }) => answer.truncated),
        refused: answers.reduce((sum, { answer }) => sum + answer.refused, 0),
        missing,
      },
    };
  },

  "mesh.holds": async ({ bindings }) => ({ body: await holds(bindings) }),

  "mesh.confirmHold": async ({ bindings, params, body }) => {
    const segment = await findSegment(bindings.db, params.segment);
    const { items, missing } = await holds(bindings);
    const isConfirmed = ({ segmentId, reason, revision }: (typeof items)[number]) =>
      segmentId === segment.id && reason === "peer_loss" && revision === body.revision;
    if (missing.includes(segment.name)) {
      throwRefusal("unavailable", "The segment does not answer. Try again in a moment.");
    }
    if (!items.some(isConfirmed)) {
      throwRefusal(
        "conflict",
        "Nothing of this revision is held. Read the holds again: the change may have grown.",
      );
    }
    return {
      statements: [],
      effects: {
        event: {
          action: "mesh.confirm_hold",
          target: segment.id,
          detail: { name: segment.name, revision: body.revision },
        },
        policies: false,
        userIds: [],
        ends: [],
        confirms: { segmentId: segment.id, revision: body.revision },
      },
      body: { items: items.filter((item) => !isConfirmed(item)), missing },
    };
  },
};
