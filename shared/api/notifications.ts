import * as z from "zod/mini";
import { nearest } from "../base/nearest.ts";
import { EVENTS } from "../notifications/topics.ts";
import { DESTINATION_KINDS } from "../registry/destination-kinds.ts";
import * as f from "./fields.ts";

/** Where notifications are sent, and of what. */

const event = z.string().check(
  z.maxLength(100),
  z.refine((name) => EVENTS.includes(name), {
    error: ({ input }) => {
      const near = nearest(String(input), EVENTS);
      return `is no event${near ? `; did you mean ${near}?` : ""}`;
    },
  }),
);

export const notificationDestination = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(DESTINATION_KINDS),
  /** Of Slack only its origin: the rest is a secret. */
  target: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
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
  kind: f.said(
    z.enum(DESTINATION_KINDS),
    "an e-mail, a signed webhook, or an incoming webhook of Slack or what takes the same",
  ),
  target: f.said(f.line(1_000), "an e-mail address, or an https URL"),
  events: f.said(
    f.list(event, 200),
    "topics such as node.pending, and actions of the audit log such as policy.publish; all topics unless said",
  ),
  enabled: f.said(z.boolean(), "whether anything is sent"),
};
export const notificationDestinationCreate = z.strictObject({
  name: input.name,
  kind: input.kind,
  target: input.target,
  events: z.optional(input.events),
  enabled: z.optional(input.enabled),
});
export const notificationDestinationUpdate = z.partial(
  z.strictObject({ name: input.name, target: input.target, events: input.events, enabled: input.enabled }),
);
export const notificationDestinationMade = z.object({
  destination: notificationDestination,
  /** What a webhook's signatures are made with; null for every other kind. */
  secret: z.nullable(z.string()),
});
