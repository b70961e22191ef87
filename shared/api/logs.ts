import * as z from "zod/mini";
import { LOG_FORMATS } from "../registry/log-formats.ts";
import * as f from "./fields.ts";

/** Where the audit log is sent. */

const KINDS = ["decision", "admin", "login", "session", "system"] as const;
const kinds = z.array(z.enum(KINDS));

export const logDestination = z.object({
  id: z.string(),
  name: z.string(),
  format: z.enum(LOG_FORMATS),
  url: z.string(),
  kinds,
  enabled: z.boolean(),
  /** Whether a header `Authorization` is sent. Its value is never shown. */
  hasAuthorization: z.boolean(),
  /** `waiting`: nothing was sent yet. `failing`: the last try failed. `stopped`: many tries in a row failed. */
  state: z.enum(["waiting", "good", "failing", "stopped"]),
  /** The number of the newest entry that the destination has, or that is not for it; -1 if there is none. */
  sentUntil: z.int(),
  lastSuccessAt: z.nullable(f.instant),
  lastFailureAt: z.nullable(f.instant),
  /** Why the last try that failed did, in words. */
  lastFailure: z.nullable(z.string()),
  /** Tries that failed since the last that did not. */
  failures: z.int(),
  ...f.rowFields,
});

const input = {
  name: f.said(f.name, "what people know it by"),
  format: f.said(z.enum(LOG_FORMATS), "lines of JSON, or OpenTelemetry's log records (OTLP/HTTP, JSON)"),
  url: f.said(f.line(1_000), "an https URL that takes a POST"),
  authorization: z.nullable(
    f.said(
      z
        .string()
        .check(z.minLength(1), z.maxLength(4_000), z.regex(/^[\x20-\x7e]+$/, "must be visible ASCII")),
      "the value of the header `Authorization`, such as `Bearer …`; kept sealed and never shown",
    ),
  ),
  kinds: f.said(
    z.array(z.enum(KINDS)).check(z.maxLength(5)),
    "any of decision, admin, login, session and system; all unless said",
  ),
  enabled: f.said(z.boolean(), "whether anything is sent"),
};
export const logDestinationCreate = z.strictObject({
  name: input.name,
  format: input.format,
  url: input.url,
  authorization: z.optional(input.authorization),
  kinds: z.optional(input.kinds),
  enabled: z.optional(input.enabled),
  startAt: z.optional(
    f.said(f.instant, "entries from this time on are sent, as far as they are kept; from now on unless said"),
  ),
});
export const logDestinationUpdate = z.partial(
  z.strictObject({
    name: input.name,
    url: input.url,
    authorization: input.authorization,
    kinds: input.kinds,
    enabled: input.enabled,
  }),
);
/** `secret` is the key with which the destination checks signatures. */
export const logDestinationMade = z.object({ destination: logDestination, secret: z.string() });
