import { recordOf } from "./errors/cause.ts";

export type LogLevel = "info" | "warn" | "error";

/**
 * The fields of a line besides its event: ids, counts and names. They never contain a secret, or a text whose
 * length an untrusted sender chooses.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | null>> & {
  readonly level?: never;
  readonly event?: never;
  readonly error?: never;
};

/**
 * One line of a log as JSON: the level, a stable word for the event, the fields, and the error with its stack
 * and causes.
 *
 * @param event A word for programs that watch the log. `docs/contributing.md` says how to choose one.
 * @param error The thrown value, or undefined if nothing was thrown.
 */
export function logLine(level: LogLevel, event: string, fields: LogFields, error?: unknown): string {
  return JSON.stringify({ level, event, ...fields, error: recordOf(error) });
}
