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
  /** Of a URL only its origin: the rest may be a secret. */
  target: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  /** Until when messages are signed with the secret before, too. */
  previousUntil: z.nullable(f.instant),
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
export const notificationRotate = z.strictObject({
  graceSeconds: z._default(
    f.said(
      f.integer(0, 2_592_000),
      "seconds for which messages are signed with the old secret, too: a day unless said; 0 for a secret that leaked",
    ),
    86_400,
  ),
});
export const deadLetter = z.object({
  id: z.string(),
  destination: z.string(),
  /** The `webhook-id`, the same at each try. */
  messageId: z.string(),
  /** What it says, in words. */
  text: z.string(),
  firstTriedAt: f.instant,
  givenUpAt: f.instant,
  why: z.string(),
});
export const notificationDestinationMade = z.object({
  destination: notificationDestination,
  /** What a webhook's signatures are made with; null for every other kind. */
  secret: z.nullable(z.string()),
});
