import { type LogFields, logLine } from "../../shared/base/log-line.ts";

/** Logs that something broke or could not be done. The log line holds the stack and the causes of `error`. */
export const logError = (event: string, error: unknown, fields: LogFields = {}): void =>
  console.error(logLine("error", event, fields, error));

export const logInfo = (event: string, fields: LogFields): void =>
  console.log(logLine("info", event, fields));
