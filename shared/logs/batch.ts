import { exportLine } from "../audit/export.ts";
import type { AuditRow } from "../audit/types.ts";
import type { LogFormat } from "../registry/log-formats.ts";
import { otlpLogs } from "./otlp.ts";

/** The most entries of one batch, and about the most characters of their texts. */
export const BATCH_ENTRIES = 500;
export const BATCH_CHARACTERS = 500_000;

/** After this many failures in a row (about half an hour) somebody is told. The tries go on, once in an hour at last. */
export const STOPPED_AFTER = 6;

/** The id of a batch: the same at each try, so that whoever got it twice can tell. */
export const batchIdOf = (destination: string, after: number, until: number): string =>
  `log_${destination}_${after + 1}_${until}`;

const TYPES: Readonly<Record<LogFormat, string>> = {
  ndjson: "application/x-ndjson",
  otlp: "application/json",
};

/** The body of a batch, and its type. */
export function batchBody(
  format: LogFormat,
  rows: readonly AuditRow[],
  network: string,
  now: number,
): { readonly body: string; readonly type: string } {
  const body =
    format === "otlp"
      ? JSON.stringify(otlpLogs(rows, network, now))
      : rows.map((row) => exportLine("ndjson", row)).join("");
  return { body, type: TYPES[format] };
}
