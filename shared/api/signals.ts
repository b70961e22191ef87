import * as z from "zod/mini";
import {
  SIGNAL_EFFECTS,
  SIGNAL_EVENT_NAMES,
  SIGNAL_EVENTS,
  type SignalEvent,
} from "../access/signals/events.ts";
import { SENT_EVENTS } from "../access/signals/outgoing.ts";
import { QUARANTINE_REASONS } from "../access/signals/quarantine.ts";
import * as f from "./fields.ts";

/** Shared signals: who sends us security events, and what came of them. */

const effectOf = (event: SignalEvent) =>
  z.optional(
    f.said(z.enum(SIGNAL_EFFECTS), `what ${event} does; ${SIGNAL_EVENTS[event].effect} unless said`),
  );
const effects = z.strictObject(
  Object.fromEntries(SIGNAL_EVENT_NAMES.map((name) => [name, effectOf(name)])) as Record<
    SignalEvent,
    ReturnType<typeof effectOf>
  >,
);

export const signalTransmitter = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["ssf", "risc"]),
  issuer: z.string(),
  jwksUri: z.nullable(z.string()),
  audience: z.string(),
  provider: z.string(),
  /** Whether it must show a bearer token beside its signature. */
  bearer: z.boolean(),
  effects,
  quarantines: z.array(z.enum(QUARANTINE_REASONS)),
  ratesOwners: z.boolean(),
  enabled: z.boolean(),
  /** Where it must push its tokens to. */
  endpoint: z.string(),
  verifiedAt: z.nullable(f.instant),
  verifiedState: z.nullable(z.string()),
  streamStatus: z.nullable(z.string()),
  lastEventAt: z.nullable(f.instant),
  ...f.rowFields,
});

const input = {
  name: f.said(f.label, "what it is called; its risk counts as of the source signal:NAME"),
  kind: f.said(
    z.enum(["ssf", "risc"]),
    "ssf for CAEP and RISC of SSF 1.0; risc for tokens as Google sends them, from before SSF 1.0",
  ),
  issuer: f.said(f.url, "the iss of its tokens"),
  jwksUri: f.said(
    z.nullable(f.url),
    "where its keys are; found at the issuer's /.well-known/ssf-configuration unless said",
  ),
  audience: f.said(f.line(300).check(z.minLength(1)), "the aud of its tokens; the endpoint unless said"),
  provider: f.said(f.reference, "the identity provider whose people it may speak of, and of no others"),
  bearer: f.said(
    z.boolean(),
    "whether it must show a bearer token; without one its signature is the only proof",
  ),
  effects: f.said(
    effects,
    `what each kind of event does, where not the default: ${SIGNAL_EFFECTS.join(", ")}`,
  ),
  quarantines: f.said(
    f.list(z.enum(QUARANTINE_REASONS), QUARANTINE_REASONS.length),
    "which events put the device that they name, or all nodes of the person, into quarantine; none unless said",
  ),
  ratesOwners: f.said(
    z.boolean(),
    "whether it may raise the risk of owners, say that their devices are not compliant, and quarantine their nodes",
  ),
  enabled: f.said(z.boolean(), "whether its tokens are accepted"),
};

export const signalTransmitterCreate = z.strictObject({
  name: input.name,
  kind: z.optional(input.kind),
  issuer: input.issuer,
  jwksUri: z.optional(input.jwksUri),
  audience: z.optional(input.audience),
  provider: input.provider,
  bearer: z.optional(input.bearer),
  effects: z.optional(input.effects),
  quarantines: z.optional(input.quarantines),
  ratesOwners: z.optional(input.ratesOwners),
  enabled: z.optional(input.enabled),
});
export const signalTransmitterUpdate = z.partial(
  z.strictObject({
    name: input.name,
    issuer: input.issuer,
    jwksUri: input.jwksUri,
    audience: input.audience,
    effects: input.effects,
    quarantines: input.quarantines,
    ratesOwners: input.ratesOwners,
    enabled: input.enabled,
  }),
);
export const signalTransmitterMade = z.object({
  transmitter: signalTransmitter,
  /** The bearer token, shown only now; null if the signature alone is the proof. */
  token: z.nullable(z.string()),
});

export const signalReceiver = z.object({
  id: z.string(),
  name: z.string(),
  /** The origin of its address: the rest may be a secret. */
  target: z.string(),
  /** Whether an `Authorization` header goes with each token. */
  authorized: z.boolean(),
  audience: z.string(),
  subjects: z.enum(["email", "iss_sub"]),
  events: z.array(z.enum(SENT_EVENTS)),
  /** What the receiver last asked for. */
  status: z.enum(["enabled", "paused", "disabled"]),
  enabled: z.boolean(),
  /** Tokens that are not taken yet, and those that were given up after a day. */
  waiting: z.int(),
  givenUp: z.int(),
  lastTakenAt: z.nullable(f.instant),
  /** Why the last token that waits or was given up was not taken. */
  lastFailure: z.nullable(z.string()),
  ...f.rowFields,
});
const receiverInput = {
  name: f.said(f.label, "what it is called"),
  target: f.said(
    f.line(1_000),
    "the https address that tokens are pushed to; later only its origin is shown",
  ),
  authorization: f.said(
    z.nullable(f.line(1_000)),
    "the Authorization header that goes with each token, such as `Bearer …`; kept as a secret",
  ),
  audience: f.said(f.line(300).check(z.minLength(1)), "the aud of its tokens"),
  subjects: f.said(
    z.enum(["email", "iss_sub"]),
    "what it knows people by: their address, or the id that assertions have",
  ),
  events: f.said(
    f.list(z.enum(SENT_EVENTS), SENT_EVENTS.length),
    "what it is told of; everything unless said",
  ),
  enabled: f.said(z.boolean(), "whether it is told anything"),
};
export const signalReceiverCreate = z.strictObject({
  name: receiverInput.name,
  target: receiverInput.target,
  authorization: z.optional(receiverInput.authorization),
  audience: receiverInput.audience,
  subjects: z.optional(receiverInput.subjects),
  events: z.optional(receiverInput.events),
  enabled: z.optional(receiverInput.enabled),
});
export const signalReceiverUpdate = z.partial(z.strictObject(receiverInput));
export const signalReceiverMade = z.object({
  receiver: signalReceiver,
  /** The bearer token with which it manages its stream, shown only now. */
  token: z.string(),
});

export const receivedSignal = z.object({
  id: z.int(),
  transmitter: z.string(),
  event: z.string(),
  subject: z.string(),
  userId: z.nullable(z.string()),
  email: z.nullable(z.string()),
  eventAt: f.instant,
  receivedAt: f.instant,
  /** What was done, in words; null while it is being heeded. */
  outcome: z.nullable(z.string()),
  /** How many sessions it ended. */
  ended: z.int(),
  /** Its entry in the audit log. */
  entry: z.nullable(z.string()),
});
