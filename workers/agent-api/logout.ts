import { leaveOften, prepareAll, removeNode } from "../../shared/registry/node-statements.ts";
import { refreshMesh } from "../mesh/notify.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { savedEvent, settleEvents } from "../platform/saved-events.ts";
import { json, type Reply } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** A node leaves by its own wish. */
export async function logout(bindings: Bindings, session: AgentSession, now: number): Promise<Reply> {
  await requireMember(bindings, session, true);
  const { db } = bindings;
  await db.batch([
    ...prepareAll(db, [leaveOften(session.node, now), ...removeNode(session.node, now)]),
    savedEvent(db, {
      kind: "system",
      id: freshId("audit"),
      at: now,
      actor: `node:${session.node}`,
      action: "node.logout",
      target: session.node,
      detail: {},
    }),
  ]);
  await refreshMesh(bindings);
  await settleEvents(bindings, session.node);
  return json({});
}
