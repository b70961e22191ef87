import { type Question, readQuestion } from "../../shared/access/question.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import { startPath } from "../../shared/http/path-rewrite.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { deviceNeed } from "../gateway/device-need.ts";
import { mayRequest } from "../gateway/grant-offer.ts";
import { judge, recordOf } from "../gateway/judge.ts";
import { type StepUp, stepUpFor } from "../gateway/step-up.ts";
import { networkOf } from "../platform/network.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { CurrentSession } from "../session/current-session.ts";

/**
 * Whether this person could read a path of an app now, decided as the gateway would decide it. A path that no
 * app serves is judged as the app's start page, because the app's host refuses such a path itself.
 */
export function judgeApp(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  current: CurrentSession,
  path: string,
): DecisionEntry {
  const question = questionAbout(request, app, current, path);
  const caller = callerOf(current);
  return recordOf(question, caller, snapshot, judge(question, caller, snapshot, Date.now()));
}

/** What would let this person in, whom `judgeApp` denied. Null if nothing that the person can show. */
export function stepUpForApp(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  current: CurrentSession,
  path: string,
): StepUp | null {
  return stepUpFor(questionAbout(request, app, current, path), callerOf(current), snapshot, Date.now());
}

/** What the device of this person, whom `judgeApp` denied, has to do with it. */
export function deviceNeedOf(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  current: CurrentSession,
  path: string,
): ReturnType<typeof deviceNeed> {
  return deviceNeed(questionAbout(request, app, current, path), callerOf(current), snapshot, Date.now());
}

/** Whether this person, whom `judgeApp` denied, may request access that would help. */
export function mayRequestApp(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  current: CurrentSession,
  path: string,
): boolean {
  return mayRequest(questionAbout(request, app, current, path), callerOf(current), snapshot, Date.now());
}

const NO_HEADERS = { get: () => null };

/** The first thing that a client says to an MCP server. A policy that lets it call anything lets it say this. */
const HELLO = { method: "initialize", tool: null };

/** What the caller will ask first: a browser for a page, a client of an MCP server by a message. */
function questionAbout(
  request: Request,
  app: SnapshotApp,
  { session }: CurrentSession,
  path: string,
): Question {
  const greets = app.settings.mcp && session.client !== undefined;
  const asked = { method: greets ? "POST" : "GET", headers: NO_HEADERS, network: networkOf(request) };
  const question = readQuestion(asked, app, path);
  const start = question.ok ? question : readQuestion(asked, app, startPath(app.settings));
  if (!start.ok) throw new Error("every app has a start page");
  return greets ? { ...start.value, mcp: HELLO } : start.value;
}

const callerOf = ({ session, owner, epoch }: CurrentSession) =>
  ({ kind: "user", session, owner, epoch }) as const;
