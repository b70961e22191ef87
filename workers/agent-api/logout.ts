import { leaveOften, removeNode } from "../../shared/registry/node-statements.ts";
import { carryOut } from "../mesh/changes.ts";
import type { Bindings } from "../platform/env.ts";
import { json, type Reply } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** Removes a node that asks to leave the network. */
export async function logout(bindings: Bindings, session: AgentSession, now: number): Promise<Reply> {
  await requireMember(bindings, session, true);
  const { node } = session;
  const event = { actor: `node:${node}`, action: "node.logout", target: node, detail: {} };
  await carryOut(bindings, event, [leaveOften(node, now), ...removeNode(node, now)], now);
  return json({});
}
