import { offeredScope } from "../../shared/access/grants/settings.ts";
import type { HeldGrant } from "../../shared/access/grants/types.ts";
import type { Question } from "../../shared/access/question.ts";
import { names } from "../registry/grants.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";
import { judge } from "./judge.ts";

/**
 * Whether the person may request access to the app, and a grant would change this denial. What a policy forbids, no
 * grant allows.
 */
export function mayRequest(question: Question, caller: Caller, snapshot: Snapshot, now: number): boolean {
  if (caller.kind !== "user") return false;
  const { id, settings } = question.app;
  const { principal } = caller.session;
  const askers = [...settings.grantAskers, ...settings.emergencyAskers];
  if (!names(snapshot, askers, principal)) return false;
  const supposed: HeldGrant = {
    ...{ id: "supposed", appId: id, since: now, until: now + 1, emergency: false },
    ...offeredScope(settings),
  };
  const granted = { ...principal, grants: [...(principal.grants ?? []), supposed] };
  const { decision, refusedBy } = judge(
    question,
    { ...caller, session: { ...caller.session, principal: granted } },
    snapshot,
    now,
  );
  return decision.decision === "allow" && refusedBy !== "approval_required";
}
