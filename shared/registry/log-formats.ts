/** In which form the log is sent: lines of JSON, or OpenTelemetry's log records (OTLP/HTTP with JSON). */
export const LOG_FORMATS = ["ndjson", "otlp"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
