import type { AccessDecision } from "../../shared/access/grade/access.ts";
import { mayChange } from "../../shared/access/grade/grade.ts";
import type { Question } from "../../shared/access/question.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import { refusal } from "../../shared/base/errors/catalogue.ts";
import { rewritesPaths, upstreamPath } from "../../shared/http/path-rewrite.ts";
import type { Bindings } from "../platform/env.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import { assertionHeaders } from "./assertion.ts";
import type { Caller } from "./caller.ts";
import { headerVariables } from "./header-variables.ts";
import { passOf } from "./pass.ts";
import { forward } from "./proxy.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";
import { grantsEnd } from "./revalidate.ts";
import { type Rejudge, StreamWatch } from "./stream-watch.ts";
import type { upstreamsOf } from "./upstream.ts";
import { ordered } from "./upstream-health.ts";
import { witnessOf } from "./witness.ts";

/** One request, and everything that the steps of its handling may use. */
export interface Exchange {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  readonly choose: typeof upstreamsOf;
}

/** A request that was let through, and why. */
export interface Allowed {
  readonly question: Question;
  readonly caller: Caller;
  readonly snapshot: Snapshot;
  /** The recorded decision. */
  readonly entry: DecisionEntry;
  readonly access: Pick<AccessDecision, "riskScore" | "grade" | "monitoringLevel">;
  readonly rejudge: Rejudge;
  readonly context: RefusalContext;
}

/**
 * Sends an allowed request to one of its app's upstreams, with the proof of who calls, and under a watch.
 * @param origin The app's origin as the browser sees it.
 */
export async function sendOn(
  { request, bindings, ctx, choose }: Exchange,
  origin: string,
  { question, caller, snapshot, entry, access, rejudge, context }: Allowed,
): Promise<Response> {
  const { app, target, opensSocket } = question;
  const isRewritten = rewritesPaths(app.settings);
  if (isRewritten && question.rewritten.length > 0) {
    const detail =
      "This app's paths are rewritten, so a header that names a second resource is not forwarded.";
    return refusalResponse(request, refusal("invalid_target", detail), context);
  }
  // `misplaced` answered what has no path there.
  const path = isRewritten ? upstreamPath(target, app.settings) : target.path;
  const sent = path + target.query;
  const asserted = {
    method: request.method,
    url: origin + target.path,
    decisionId: entry.id,
    epoch: snapshot.epoch,
    namedGroups: snapshot.namedGroups,
    risk: access.riskScore,
  };
  const watch = new StreamWatch(bindings, caller, snapshot.epoch, rejudge, {
    isReadOnly: !mayChange(access.grade),
    countsAll: access.monitoringLevel !== "normal",
    until: grantsEnd(caller, entry.at),
    ...witnessOf({ request, bindings, ctx, entry, access, opensSocket }),
  });
  return forward({
    request,
    bindings,
    ctx,
    app,
    upstreams: ordered(app, choose(app, bindings), balanceKey(question, caller, entry.id)),
    origin,
    target: sent,
    opensSocket,
    rewritten: question.rewritten,
    variables: headerVariables(question, caller, entry.id),
    identity: await assertionHeaders(bindings, app, caller, asserted, entry.at),
    pass: passOf(bindings, app, caller, { ...asserted, url: origin + sent }),
    clientIp: question.network.ip,
    watch,
    refusalContext: context,
  });
}

/** What decides between upstreams: whose request it is, or a new lot for each. */
function balanceKey({ app, network }: Question, caller: Caller, lot: string): string {
  if (app.settings.upstreamChoice !== "sticky") return lot;
  if (caller.kind === "user") return caller.session.id;
  return caller.kind === "service" ? caller.token.id : (network.ip ?? "");
}
