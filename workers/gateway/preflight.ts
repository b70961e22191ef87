import { decisionEntry, requestFacts } from "../../shared/access/assess.ts";
import { actionOf } from "../../shared/access/policy/request.ts";
import { type Question, questionOf } from "../../shared/access/question.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { isForeignAllowed, isPreflight, preflightHeaders } from "../../shared/http/cors.ts";
import { VIA_HEADER } from "../../shared/http/headers.ts";
import type { Target } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { recordDecision } from "../platform/audit.ts";
import { freshId } from "../platform/random.ts";
import { freshSnapshot, type Snapshot } from "../registry/snapshot.ts";
import { headerFields } from "./header-fields.ts";
import { askedBy } from "./judge.ts";
import { maintenanceRefusal } from "./maintenance.ts";
import { overQuota } from "./quota.ts";
import { refusalResponse } from "./refusal-response.ts";
import { type Exchange, sendOn } from "./send-on.ts";
import { GOES_ON } from "./stream-watch.ts";

/** What a preflight asks by, and what a server may need to answer it. No header of these proves who somebody is. */
const OF_PREFLIGHTS = [
  "origin",
  "access-control-request-method",
  "access-control-request-headers",
  "accept",
  "user-agent",
  "host",
  VIA_HEADER,
];

/**
 * Answers a preflight, which a browser sends without any proof of who asks. Undefined when the request is no
 * preflight, null when the app's settings changed meanwhile.
 */
export async function servePreflight(
  exchange: Exchange,
  app: SnapshotApp,
  target: Target,
  ownOrigin: string,
): Promise<Response | null | undefined> {
  const { request, bindings } = exchange;
  const origin = request.headers.get("origin");
  const method = request.headers.get("access-control-request-method");
  if (!isPreflight(request.method, origin, method) || origin === null || method === null) return undefined;
  const snapshot = await freshSnapshot(bindings);
  if (snapshot.appByHost.get(app.host) !== app) return null;
  if (!isForeignAllowed(origin, ownOrigin, app.settings)) {
    const detail = "This origin is not allowed for the app.";
    return refusalResponse(request, refusal("origin_not_allowed", detail), { app });
  }
  if (app.settings.corsPreflights === "app") {
    const question = questionOf(askedBy(request, app), app, target);
    if (!question.ok) return refusalResponse(request, question.error, { app });
    const closed = maintenanceRefusal(app, null, Date.now());
    if (closed) return refusalResponse(request, closed, { app });
    // It reaches the app and is recorded, so it counts like any request of somebody who has not signed in.
    const tooMany = await overQuota(exchange, question.value, { kind: "anonymous", epoch: snapshot.epoch });
    if (tooMany) return tooMany;
    return passOn(exchange, ownOrigin, question.value, snapshot);
  }
  const asked = request.headers.get("access-control-request-headers");
  const headers = headerFields([
    ...preflightHeaders(origin, method, asked, app.settings),
    ["x-rustronaut-response", "preflight"],
  ]);
  return new Response(null, { status: 204, headers });
}

/**
 * Lets the app answer a preflight. Nobody has signed in, so the app gets only what a browser sends of itself: no
 * cookie, no credential and no body. It is recorded like any other access.
 */
async function passOn(
  exchange: Exchange,
  origin: string,
  question: Question,
  snapshot: Snapshot,
): Promise<Response> {
  const { request, bindings, ctx } = exchange;
  const { app, target, method, actions } = question;
  const now = Date.now();
  const facts = requestFacts(question, actions[0] ?? actionOf(method, false), target.path, now);
  const entry = decisionEntry(freshId("decision"), question, {
    epoch: snapshot.epoch,
    sessionId: null,
    facts: { ...facts, principal: { type: "Anonymous" }, authentication: null, device: null },
    decision: { decision: "allow", determining: [], erroring: [] },
    allowedAs: "preflight",
  });
  await recordDecision(bindings, ctx, entry);
  const bare = new Request(request.url, {
    method: "OPTIONS",
    headers: OF_PREFLIGHTS.flatMap((name): [string, string][] => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
    signal: request.signal,
  });
  return sendOn({ ...exchange, request: bare }, origin, {
    question: { ...question, others: [], rewritten: [] },
    caller: { kind: "anonymous", epoch: snapshot.epoch },
    snapshot,
    entry,
    access: { riskScore: 0, grade: "allow", monitoringLevel: "normal" },
    // Nobody's leave can end: the answer is as short as the preflight.
    rejudge: async () => GOES_ON,
    context: { app, decisionId: entry.id },
  });
}
