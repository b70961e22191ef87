import { hitsReport } from "../../shared/connector/hits.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { Bindings } from "../platform/env.ts";
import { auditObject } from "../platform/objects.ts";
import { readDocument } from "./body.ts";
import { json, type Reply } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** Takes what an agent passed on to private apps. The audit log looks for the decisions that explain it. */
export async function hits(bindings: Bindings, session: AgentSession, body: Uint8Array): Promise<Reply> {
  await requireMember(bindings, session);
  const report = readDocument(hitsReport, body, WIRE_LIMITS.jsonBytes);
  await auditObject(bindings).reconcile(session.node, report.hits);
  return json({});
}
