import type { AccessDecision } from "../../shared/access/grade/access.ts";
import { mayChange } from "../../shared/access/grade/grade.ts";
import type { Question } from "../../shared/access/question.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import type { Bindings } from "../platform/env.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import { assertionHeaders } from "./assertion.ts";
import type { Caller } from "./caller.ts";
import { passOf } from "./pass.ts";
import { forward } from "./proxy.ts";
import type { RefusalContext } from "./refusal-response.ts";
import { type Rejudge, StreamWatch } from "./stream-watch.ts";
import type { upstreamsOf } from "./upstream.ts";
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
    ...witnessOf({ request, bindings, ctx, entry, access, opensSocket }),
  });
  return forward({
    request,
    bindings,
    ctx,
    app,
    upstreams: choose(app, bindings),
    origin,
    target: target.path + target.query,
    opensSocket,
    rewritten: question.rewritten,
    identity: await assertionHeaders(bindings, app, caller, asserted, entry.at),
    pass: passOf(bindings, app, caller, { ...asserted, url: origin + target.path + target.query }),
    clientIp: question.network.ip,
    watch,
    refusalContext: context,
  });
}
