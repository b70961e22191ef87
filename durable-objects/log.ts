import { type LogFields, logLine } from "../shared/base/log-line.ts";

/** Logs that something broke or could not be done. The entry contains the stack and the causes of `error`. */
export const logError = (event: string, error: unknown, fields: LogFields = {}): void =>
  console.error(logLine("error", event, fields, error));

/** Logs what somebody else did wrong. */
export const logWarn = (event: string, fields: LogFields): void =>
  console.warn(logLine("warn", event, fields));
