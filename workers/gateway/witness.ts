import type { AccessDecision } from "../../shared/access/grade/access.ts";
import { SESSION_CUT, SESSION_HELD, SESSION_RESUMED, WATCHED_REQUEST } from "../../shared/audit/receipts.ts";
import type { DecisionEntry, EventEntry } from "../../shared/audit/types.ts";
import { shownHeaders } from "../../shared/http/shown-headers.ts";
import { recordSoon } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { headerList } from "./header-fields.ts";
import type { CutReport, StreamWatch, Witness } from "./stream-watch.ts";

/** What a witness knows of the exchange that it watches. */
export interface Witnessed {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  /** The decision that let the exchange begin. */
  readonly entry: DecisionEntry;
  readonly access: Pick<AccessDecision, "monitoringLevel">;
  readonly opensSocket: boolean;
}

/**
 * Records how an exchange ends and when it is held: a receipt if it was cut, and its size and time if the caller is watched. The records go
 * the way of decisions, so they do not delay anything.
 */
export function witnessOf(witnessed: Witnessed): Witness {
  const { bindings, ctx, access } = witnessed;
  const keep = (action: string, detail: EventEntry["detail"]) =>
    recordSoon(bindings, ctx, eventOf(witnessed.entry, action, detail));
  return {
    held: (report, watch) => keep(SESSION_HELD, { stream: streamOf(witnessed, watch), ...report }),
    resumed: (report, watch) => keep(SESSION_RESUMED, { stream: streamOf(witnessed, watch), ...report }),
    cut: (report, watch) => keep(SESSION_CUT, { stream: streamOf(witnessed, watch), ...report }),
    over:
      access.monitoringLevel === "normal"
        ? () => {}
        : (watch) => keep(WATCHED_REQUEST, exchangeOf(witnessed, watch)),
  };
}

/** The receipt of a cut that met a request before it was forwarded: nothing passed. */
export function recordRefusedCut(bindings: Bindings, ctx: ExecutionContext, entry: DecisionEntry): void {
  const report: CutReport = { reason: entry.reason, triggeredAt: entry.at, cutAt: Date.now(), bytesAfter: 0 };
  recordSoon(bindings, ctx, eventOf(entry, SESSION_CUT, { stream: "request", ...report }));
}

function eventOf(entry: DecisionEntry, action: string, detail: EventEntry["detail"]): EventEntry {
  const { principal } = entry.facts;
  const person = principal.type === "User" ? { person: { id: principal.id, email: principal.email } } : {};
  return {
    kind: "session",
    id: freshId("audit"),
    at: Date.now(),
    actor: "system",
    ...person,
    action,
    target: entry.sessionId ?? entry.id,
    detail: { app: entry.appName, decision: entry.id, ...detail },
  };
}

function streamOf({ opensSocket }: Witnessed, { answer }: StreamWatch): string {
  if (opensSocket) return "websocket";
  if (answer === null) return "upload";
  return answer.headers.get("content-type")?.startsWith("text/event-stream") ? "events" : "download";
}

function exchangeOf({ request, entry, access }: Witnessed, watch: StreamWatch): EventEntry["detail"] {
  const { answer, flow } = watch;
  const { method, path } = entry.facts.request;
  return {
    method,
    path,
    status: answer?.status ?? null,
    bytesUp: flow.up,
    bytesDown: flow.down,
    answeredAfterMs: answer === null ? null : answer.at - entry.at,
    lastedMs: Date.now() - entry.at,
    ...(access.monitoringLevel === "recorded"
      ? {
          requestHeaders: shownHeaders(headerList(request.headers)),
          responseHeaders: answer === null ? {} : shownHeaders(headerList(answer.headers)),
        }
      : {}),
  };
}
