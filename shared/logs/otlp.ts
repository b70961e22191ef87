import type { AuditRow, DecisionEntry, EventEntry } from "../audit/types.ts";
import { whoActed } from "../audit/who.ts";

/**
 * The log as OpenTelemetry's `ExportLogsServiceRequest` in its JSON form (opentelemetry-proto 1.x, OTLP 1.x §"JSON
 * Protobuf Encoding"): 64-bit integers are texts, and names are in lower camel case.
 */

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** `SeverityNumber` of the log data model. */
const INFO = { severityNumber: 9, severityText: "INFO" };
const WARN = { severityNumber: 13, severityText: "WARN" };
const ERROR = { severityNumber: 17, severityText: "ERROR" };

/**
 * @param network The name of the network.
 * @param observedAt When the batch was made, in milliseconds since the Unix epoch.
 */
export const otlpLogs = (rows: readonly AuditRow[], network: string, observedAt: number) => ({
  resourceLogs: [
    {
      resource: {
        attributes: keyValues({ "service.name": "rustronaut", "service.namespace": network }),
      },
      scopeLogs: [
        { scope: { name: "rustronaut.audit" }, logRecords: rows.map((row) => recordOf(row, observedAt)) },
      ],
    },
  ],
});

function recordOf({ leaf, entry }: AuditRow, observedAt: number) {
  const isDecision = entry.kind === "decision";
  return {
    timeUnixNano: nanoseconds(entry.at),
    observedTimeUnixNano: nanoseconds(observedAt),
    ...severityOf(entry),
    eventName: isDecision ? "rustronaut.decision" : `rustronaut.${entry.action}`,
    body: anyValue(entry),
    attributes: keyValues({
      // By these a receiver tells that it has a record already.
      "log.record.uid": entry.id,
      "rustronaut.leaf": leaf,
      ...(isDecision ? ofDecision(entry) : ofEvent(entry)),
    }),
  };
}

function severityOf(entry: DecisionEntry | EventEntry) {
  if (entry.kind === "decision") return entry.decision === "allow" ? INFO : WARN;
  return entry.kind === "system" ? ERROR : INFO;
}

function ofDecision({ decision, reason, appName, sessionId, facts }: DecisionEntry) {
  const { principal, request, network } = facts;
  const who =
    principal.type === "User" ? principal.email : principal.type === "ServiceToken" ? principal.name : null;
  return {
    "rustronaut.decision": decision,
    "rustronaut.reason": reason,
    "rustronaut.app": appName,
    "session.id": sessionId,
    "user.id": principal.type === "Anonymous" ? null : principal.id,
    "user.name": who,
    "client.address": network.ip,
    "server.address": request.host,
    "http.request.method": request.method,
    "url.path": request.path,
  };
}

const ofEvent = (event: EventEntry) => ({
  "rustronaut.action": event.action,
  "rustronaut.target": event.target,
  "user.name": whoActed(event),
});

/** Milliseconds as nanoseconds. They exceed what a number of JSON holds exactly. */
const nanoseconds = (ms: number): string => `${Math.trunc(ms)}000000`;

const keyValues = (record: object): KeyValue[] =>
  Object.entries(record).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
  );

function anyValue(value: unknown): AnyValue {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: value.filter((item) => item !== null).map(anyValue) } }
        : { kvlistValue: { values: keyValues(value as object) } };
  }
}
