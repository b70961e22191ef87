import type { DecisionEntry } from "../../shared/audit/types.ts";
import { canonicalTarget } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { decisionEntry, judge, questionOf } from "../gateway/judge.ts";
import type { CurrentSession } from "../handoff/current-session.ts";
import type { Snapshot } from "../snapshot.ts";

/**
 * Whether this person could read a path of an app now, as the gateway would decide. A path that no app serves is
 * judged as the app's start page: the app's host refuses it by itself.
 */
export function judgeApp(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  { session, owner, epoch }: CurrentSession,
  path: string,
): DecisionEntry {
  const asked = canonicalTarget(path, app.settings);
  const target = asked.ok ? asked : canonicalTarget("/", app.settings);
  if (!target.ok) throw new Error("every app has a start page");
  const question = questionOf(request, app, target.value);
  const caller = { kind: "user", session, owner, epoch } as const;
  return decisionEntry(question, caller, snapshot.epoch, judge(question, caller, snapshot, Date.now()));
}
