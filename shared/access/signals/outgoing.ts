import type { EventEntry } from "../../audit/types.ts";
import { backoffMs } from "../../base/async/retry.ts";
import { COMPLIANT, NOT_COMPLIANT } from "../device/device.ts";
import { SIGNAL_EVENTS, VERIFICATION } from "./events.ts";

/** What this network tells others of its own findings, as a transmitter of SSF 1.0. */

/** The kinds of events that are sent. */
export const SENT_EVENTS = [
  "session-revoked",
  "risk-level-change",
  "account-disabled",
  "account-enabled",
  "device-compliance-change",
  "credential-compromise",
] as const;
export type SentEvent = (typeof SENT_EVENTS)[number];

/** Actions of the audit log that may be worth a signal. */
export const TOLD_ACTIONS: readonly string[] = [
  "session.kill",
  "session.recheck_ended",
  "risk.set",
  "risk.clear",
  "user.update",
  "user.expire",
  "node.state",
  "node.quarantine",
  "node.revoke",
  "node.release",
  "passkey.cloned",
];

/** One thing to tell, about one user. */
export interface Outgoing {
  readonly event: SentEvent;
  readonly userId: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The node whose compliance changed, and whether it is compliant now. */
  readonly device?: { readonly id: string; readonly isCompliant: boolean };
}

/**
 * What an entry of the audit log is told as. Null for nothing. What came as a signal is not told on, so that two networks
 * that listen to each other don't go in circles.
 *
 * @param userId Whose sessions a kill ended, or whose device it is, if the entry does not say it itself.
 */
export function outgoingOf(entry: EventEntry, userId: string | null): Outgoing | null {
  const { action, target, at, detail } = entry;
  if (entry.actor.startsWith("transmitter:")) return null;
  const told = (event: SentEvent, who: string): Outgoing => ({ event, userId: who, at });
  switch (action) {
    case "session.kill":
      return userId === null || detail.ended === 0 ? null : told("session-revoked", userId);
    case "session.recheck_ended":
      return told("session-revoked", target);
    case "risk.set":
    case "risk.clear":
      return told("risk-level-change", target);
    case "user.expire":
      return told("account-disabled", target);
    case "passkey.cloned":
      return told("credential-compromise", target);
    case "node.state":
    case "node.quarantine":
    case "node.revoke":
    case "node.release": {
      const isCompliant = complianceAfter(entry);
      if (isCompliant === null || userId === null) return null;
      return { ...told("device-compliance-change", userId), device: { id: target, isCompliant } };
    }
    case "user.update": {
      const status = statusIn(detail.changes);
      if (status === null) return null;
      return told(status === "disabled" ? "account-disabled" : "account-enabled", target);
    }
    default:
      return null;
  }
}

/** Whether a device is compliant after what was done to it. Null if that did not change. */
function complianceAfter({ action, detail }: EventEntry): boolean | null {
  if (action !== "node.state") return action === "node.release";
  const [before, after] = [compliance(detail.before), compliance(detail.facts)];
  return before === after ? null : after;
}

/** What the facts of one source say of a device. Null if nothing. */
function compliance(facts: unknown): boolean | null {
  const all: unknown[] = Array.isArray(facts) ? facts : [];
  if (all.includes(NOT_COMPLIANT)) return false;
  return all.includes(COMPLIANT) ? true : null;
}

/** The status after a change of a user, or null if the change left it. */
function statusIn(changes: unknown): string | null {
  const all: unknown[] = Array.isArray(changes) ? changes : [];
  for (const change of all) {
    const { kind, fields } = change as { kind?: unknown; fields?: { status?: unknown } };
    const status: unknown = kind === "user" ? fields?.status : undefined;
    if (Array.isArray(status)) return String(status[1]);
  }
  return null;
}

/** What a receiver knows people by. */
export type SubjectFormat = "email" | "iss_sub";

/**
 * The subject of a user: the address, or our own issuer and id, as assertions have it. With a device it is a complex one
 * (SSF 1.0 §3.2), which names the device by the id of its node.
 */
export function subjectOf(
  format: SubjectFormat,
  issuer: string,
  { id, email }: { readonly id: string; readonly email: string },
  device?: Outgoing["device"],
): object {
  const user = format === "email" ? { format, email } : { format, iss: issuer, sub: id };
  return device ? { format: "complex", user, device: { format: "opaque", id: device.id } } : user;
}

/** The event's payload as CAEP 1.0 and RISC 1.0 have it. @param score Of the user's risk now. */
export function payloadOf({ event, at, device }: Outgoing, score: number): object {
  const event_timestamp = Math.floor(at / 1_000);
  switch (event) {
    case "session-revoked":
      return { event_timestamp, initiating_entity: "admin" };
    case "risk-level-change":
      return { event_timestamp, principal: "USER", current_level: levelOf(score) };
    case "device-compliance-change": {
      const [current_status, previous_status] = device?.isCompliant ? STATUSES : STATUSES.toReversed();
      return { event_timestamp, previous_status, current_status };
    }
    case "credential-compromise":
      // Whose counter of signatures runs backwards is a security key: what platforms keep has no counter.
      return { credential_type: "fido2-roaming", event_timestamp };
    case "account-disabled":
    case "account-enabled":
      return {};
  }
}

const STATUSES = ["compliant", "not-compliant"] as const;

const levelOf = (score: number): "LOW" | "MEDIUM" | "HIGH" =>
  score >= 70 ? "HIGH" : score >= 40 ? "MEDIUM" : "LOW";

export interface SetInput {
  readonly issuer: string;
  readonly audience: string;
  readonly jti: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** The claims of a security event token (RFC 8417 §2.2, SSF 1.0 §4.1): neither `exp` nor `sub`. */
export const setClaims = (
  { issuer, audience, jti, at }: SetInput,
  subject: object,
  event: SentEvent,
  payload: object,
): object => ({
  iss: issuer,
  aud: audience,
  iat: Math.floor(at / 1_000),
  jti,
  sub_id: subject,
  events: { [SIGNAL_EVENTS[event].uri]: payload },
});

/** The claims of a verification event (SSF 1.0 §8.1.4): the subject is the stream. */
export const verificationClaims = (
  { issuer, audience, jti, at }: SetInput,
  streamId: string,
  state: string | null,
): object => ({
  iss: issuer,
  aud: audience,
  iat: Math.floor(at / 1_000),
  jti,
  sub_id: { format: "opaque", id: streamId },
  events: { [VERIFICATION]: state === null ? {} : { state } },
});

const FIRST_RETRY_MS = 30_000;
const LAST_RETRY_MS = 60 * 60_000;
/** A token that is not taken within this time is given up. */
const GIVE_UP_MS = 24 * 60 * 60_000;

/** When a token that failed so often is tried again, or null if it is given up. */
export const nextTry = (failures: number, createdAt: number, now: number): number | null =>
  now - createdAt >= GIVE_UP_MS ? null : now + backoffMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS);
