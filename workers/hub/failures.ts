import type { ErrorCode } from "../../shared/base/errors/catalogue.ts";
import { messagesOf } from "../../shared/base/errors/cause.ts";
import { LIMITS } from "../../shared/node/config/types.ts";
import { throwRefusal } from "../platform/refused.ts";
import { failedGuard, type GuardName } from "../registry/guards.ts";
import { MOST_MICROSEGMENTS } from "../registry/mesh-limits.ts";

const GUARDED: Record<GuardName, readonly [ErrorCode, string]> = {
  unchanged: ["precondition_failed", "It was changed in the meantime. Read it again and repeat the change."],
  last_owner: ["conflict", "This is the last owner. Make someone else an owner first."],
  last_owner_token: ["conflict", "This is the last way in for an owner. Make another owner first."],
  owner_signs_in: [
    "conflict",
    "No owner could sign in any more: no provider would be left that one has signed in by. Have an owner sign in by another provider first.",
  ],
  rehearsal: ["conflict", "This was only tried, and nothing was changed."],
  group_cycle: ["conflict", "A group would be a member of itself, directly or through others."],
  mesh_moved: ["conflict", "The mesh was changed in the meantime. Repeat the change."],
  node_status: ["conflict", "The node's status was changed in the meantime. Read it again."],
  host_taken: [
    "conflict",
    "A host can belong to one app only, and only once. Take it from the other one first.",
  ],
  grant_moved: [
    "conflict",
    "Somebody whose say counts, or the app, was changed in this moment. Look at the request again, and repeat.",
  ],
  grant_limits: ["conflict", "You made too many requests at once. Wait for answers, or take one back first."],
  rule_count: [
    "conflict",
    `A network has at most ${LIMITS.rules} rules, and each open microsegment, each quarantine with remediation hosts and each microsegment with a bound counts as one. Join rules, or delete some.`,
  ],
  rule_bytes: [
    "conflict",
    "The rules would be larger than nodes take. Write ports as ranges, or delete rules.",
  ],
  microsegment_count: ["conflict", `A network has at most ${MOST_MICROSEGMENTS} microsegments. Delete some.`],
  adaptation_budget: ["conflict", "The budget of adaptive segmentation is used up for now."],
  key_usable: ["enrolment_key_used_up", "The enrolment key lets nobody in any more."],
};

/** Turns a failed batch into a refusal. An unknown failure stays an error. */
export function explainFailure(error: unknown): never {
  const text = messagesOf(error);
  const guard = failedGuard(error);
  if (guard !== null) throwRefusal(...GUARDED[guard]);
  const unique = /UNIQUE constraint failed: \w+\.(\w+)/.exec(text)?.[1];
  if (unique !== undefined)
    throwRefusal("conflict", `Something else already has this ${unique.replace("_id", "")}.`);
  if (text.includes("FOREIGN KEY constraint failed")) {
    throwRefusal("in_use", "Something still depends on it, or what it depends on is gone.");
  }
  throw error;
}
