import { askAll } from "../../mesh/ask-all.ts";
import { combineMaps } from "../../mesh/map.ts";
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

export const MESH_HANDLERS: Handlers<"mesh.map" | "mesh.holds" | "mesh.confirmHold"> = {
  "mesh.map": async ({ bindings, query }) => {
    const around = query.node === undefined ? undefined : (await findNode(bindings.db, query.node)).id;
    const [{ answers, missing }, rules] = await Promise.all([
      askAll(bindings, (object) => object.map(around)),
      namesOfRules(bindings.db),
    ]);
    const map = combineMaps(answers.map(({ segment, answer }) => [segment.name, answer]));
    return { body: { ...map, rules, missing } };
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
