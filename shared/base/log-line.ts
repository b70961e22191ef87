import { recordOf } from "./errors/cause.ts";

export type LogLevel = "info" | "warn" | "error";

/** What a line says beside its event: ids, counts and names. Never a secret, and nothing that a stranger chose the length of. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>> & {
  readonly level?: never;
  readonly event?: never;
  readonly error?: never;
};

/**
 * One line of a log as JSON: the level, a stable word for the event, the fields, and the error with its stack and causes.
 *
 * @param event For programs that watch the log; `docs/contributing.md` says how to choose one.
 * @param error What was thrown; undefined where nothing was.
 */
export function logLine(level: LogLevel, event: string, fields: LogFields, error?: unknown): string {
  return JSON.stringify({ level, event, ...fields, error: recordOf(error) });
}
