import { readQuestion } from "../../shared/access/question.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { decisionEntry, judge, networkOf } from "../gateway/judge.ts";
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
  const asked = { method: "GET", opensSocket: false, header: () => null, network: networkOf(request) };
  const question = readQuestion(asked, app, path);
  const start = question.ok ? question : readQuestion(asked, app, "/");
  if (!start.ok) throw new Error("every app has a start page");
  const caller = { kind: "user", session, owner, epoch } as const;
  const judged = judge(start.value, caller, snapshot, Date.now());
  return decisionEntry(start.value, caller, snapshot.epoch, judged);
}
