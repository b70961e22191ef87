import { deletePending, savePending } from "../../shared/audit/pending-event.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { newId } from "../../shared/base/ids.ts";
import { objectOf } from "../../shared/base/objects.ts";
import type { ObjectBindings } from "../../shared/bindings.ts";
import type { End, Ends } from "../../shared/node/mesh/ends.ts";
import { meshChange, prepareAll } from "../../shared/registry/mesh-change.ts";
import { removeNode, setStatus } from "../../shared/registry/node-statements.ts";
import { logError } from "../log.ts";
import { type Learner, NEWEST } from "./learner.ts";

export interface EndingEnvironment extends Pick<ObjectBindings, "AUDIT_LOG" | "NETWORK_COORDINATOR"> {
  readonly DB: D1Database;
}

const ACTIONS = { expire: "node.expire", remove: "node.remove_absent" } as const;

const AT_ONCE = 100;

/** Ends memberships whose end date has come, and removes ephemeral nodes that stayed away. */
export async function endDue(
  env: EndingEnvironment,
  learner: Learner,
  ends: Ends,
  now: number,
): Promise<void> {
  const due = ends.due(now).slice(0, AT_ONCE);
  if (due.length === 0) return;
  for (const end of due) await endMembership(env, end, now);
  await learner.learn(NEWEST);
  const network = await learner.known();
  try {
    const coordinator = objectOf(env.NETWORK_COORDINATOR, "network");
    await coordinator.tellMesh(network.state.revision, [...network.segments()]);
  } catch (error) {
    // The other segments learn of the end by themselves, while their nodes poll.
    logError("segments_not_told", error);
  }
}

/** Writes the end of a membership into the registry, together with its entry of the audit log. */
async function endMembership(env: EndingEnvironment, { row, how }: End, now: number): Promise<void> {
  const statements =
    how === "remove"
      ? removeNode(row.id, now)
      : [setStatus(row.id, ["approved", "quarantined"], "expired", now)];
  const entry: EventEntry = {
    kind: "system",
    id: newId("audit", now, (length) => crypto.getRandomValues(new Uint8Array(length))),
    at: now,
    actor: "system",
    action: ACTIONS[how],
    target: row.id,
    detail: { name: row.name },
  };
  await env.DB.batch(meshChange(env.DB, [...statements, savePending(entry)]));
  try {
    await objectOf(env.AUDIT_LOG, "audit").append([entry]);
    await env.DB.batch(prepareAll(env.DB, [deletePending(entry.id)]));
  } catch (error) {
    // If the log can't be told now, the next clean-up tells it.
    logError("node_end_not_recorded", error);
  }
}
