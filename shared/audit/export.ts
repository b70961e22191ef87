import type { AuditRow } from "./types.ts";
import { whoActed } from "./who.ts";

/** The formats in which the results of a search are exported, with one line for each entry. */

export const EXPORT_FORMATS = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The most entries of one export. For more entries, the user must export narrower searches. */
export const MAX_EXPORTED = 100_000;

const COLUMNS = [
  ...["leaf", "id", "time", "kind", "outcome", "reason", "who", "app", "method", "path", "ip", "country"],
  ...["policies", "target", "note"],
] as const;

/** The text before the lines of entries. */
export const exportHead = (format: ExportFormat): string =>
  format === "csv" ? `${COLUMNS.join(",")}\r\n` : "";

export function exportLine(format: ExportFormat, row: AuditRow): string {
  if (format === "ndjson") return `${JSON.stringify(row)}\n`;
  const values = columnsOf(row);
  return `${COLUMNS.map((column) => csvField(values[column])).join(",")}\r\n`;
}

type Values = { readonly [Column in (typeof COLUMNS)[number]]?: string | number | null };

function columnsOf({ leaf, entry }: AuditRow): Values {
  const common = { leaf, id: entry.id, time: new Date(entry.at).toISOString(), kind: entry.kind };
  if (entry.kind !== "decision") {
    const { action, target, note } = entry;
    return { ...common, reason: action, who: whoActed(entry), target, note: note ?? "" };
  }
  const { principal, request, network } = entry.facts;
  return {
    ...common,
    outcome: entry.decision,
    reason: entry.reason,
    who: principal.type === "Anonymous" ? "" : principal.type === "User" ? principal.email : principal.name,
    app: entry.appName,
    method: request.method,
    path: request.path,
    ip: network.ip,
    country: network.country,
    policies: entry.determining.join(" "),
  };
}

/**
 * One field of CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe in front,
 * because paths and names come from untrusted people. Some spreadsheets take the wide signs of Chinese and Japanese
 * keyboards for the same.
 */
export function csvField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
