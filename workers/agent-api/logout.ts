import { prepareAll, removeNode } from "../../shared/mesh/statements.ts";
import { recordEvent } from "../audit.ts";
import type { Bindings } from "../env.ts";
import { freshId } from "../handoff/random.ts";
import { refreshMesh } from "../mesh/notify.ts";
import { json, type Reply } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** A node leaves by its own wish. */
export async function logout(bindings: Bindings, session: AgentSession, now: number): Promise<Reply> {
  await requireMember(bindings, session, true);
  await bindings.db.batch(prepareAll(bindings.db, removeNode(session.node, now)));
  await recordEvent(bindings, {
    kind: "system",
    id: freshId("audit"),
    at: now,
    actor: `node:${session.node}`,
    action: "node.logout",
    target: session.node,
    detail: {},
  });
  await refreshMesh(bindings);
  return json({});
}
