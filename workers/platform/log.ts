import { type LogFields, logLine } from "../../shared/base/log-line.ts";

/** Something broke, or was kept from being done: `error` is logged with its stack and causes. */
export const logError = (event: string, error: unknown, fields: LogFields = {}): void =>
  console.error(logLine("error", event, fields, error));

export const logInfo = (event: string, fields: LogFields): void =>
  console.log(logLine("info", event, fields));
