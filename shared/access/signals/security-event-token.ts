import { err, ok, type Result } from "../../base/result.ts";
import { type SignalEvent, STREAM_UPDATED, signalEventOf, VERIFICATION } from "./events.ts";
import { isRecord, readSubject, type Subject } from "./subject.ts";

/** Why a security event token (SET) is not accepted, as RFC 8935 §2.4 names it. */
export interface SetFault {
  readonly err:
    | "invalid_request"
    | "invalid_key"
    | "invalid_issuer"
    | "invalid_audience"
    | "authentication_failed"
    | "access_denied";
  readonly description: string;
}

/** A signal of a SET. Times are milliseconds since the Unix epoch. */
export interface Signal {
  readonly event: SignalEvent;
  readonly subject: Subject;
  /** When it came about, never in the future. */
  readonly eventAt: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface SecurityEventToken {
  readonly jti: string;
  readonly signals: readonly Signal[];
  /** The types that are not understood. */
  readonly unknown: readonly string[];
  /** The `state` of a verification event; undefined if it is none, null if it has none. */
  readonly verified?: string | null;
  /** The new status of the stream. */
  readonly streamStatus?: string;
}

/** Which tokens are expected. */
export interface ExpectedSet {
  /** `risc`: as Google sends them, from before SSF 1.0: without a type, and with the subject within the event. */
  readonly kind: "ssf" | "risc";
  readonly issuer: string;
  readonly audience: string;
}

/** The most seconds that two clocks may differ. */
const SKEW = 60;
/** A transmitter may try again for so long, in seconds. Received tokens are remembered for longer. */
export const MAX_SET_AGE = 7 * 86_400;
const MAX_AUDIENCES = 16;
const MAX_EVENTS = 8;
/** Early drafts gave milliseconds: seconds reach this number in the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000;

const fault = (name: SetFault["err"], description: string) => err({ err: name, description });

/** Whether the issuer and the audience fit. Looked at before any key is fetched. */
export function addresseeFault(
  { iss, aud }: Readonly<Record<string, unknown>>,
  expected: ExpectedSet,
): SetFault | null {
  if (iss !== expected.issuer)
    return { err: "invalid_issuer", description: "iss is not the issuer of this stream" };
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  const areTexts = audiences.every((one) => typeof one === "string");
  if (!areTexts || audiences.length > MAX_AUDIENCES || !audiences.includes(expected.audience))
    return { err: "invalid_audience", description: "aud does not name this receiver" };
  return null;
}

/**
 * Reads a SET whose signature was verified (RFC 8417 §2, SSF 1.0 §4.1).
 *
 * @param typ The `typ` of its header, in lower case.
 * @param now Milliseconds since the Unix epoch.
 */
export function readSet(
  typ: string | null,
  claims: Readonly<Record<string, unknown>>,
  expected: ExpectedSet,
  now: number,
): Result<SecurityEventToken, SetFault> {
  const isTyped = typ === "secevent+jwt" || typ === "application/secevent+jwt";
  if (!isTyped && (expected.kind === "ssf" || (typ !== null && typ !== "jwt")))
    return fault("invalid_request", "typ must be secevent+jwt");
  const addressee = addresseeFault(claims, expected);
  if (addressee) return err(addressee);
  const { iat, jti, events, exp, sub, nonce } = claims;
  if (typeof jti !== "string" || jti === "" || jti.length > 255)
    return fault("invalid_request", "jti is missing");
  if (exp !== undefined || nonce !== undefined || (sub !== undefined && expected.kind === "ssf"))
    return fault("invalid_request", "a security event token has no exp, nonce or sub");
  const seconds = now / 1_000;
  if (typeof iat !== "number" || iat > seconds + SKEW || iat < seconds - MAX_SET_AGE)
    return fault("invalid_request", "iat is not of the last seven days");
  if (!isRecord(events)) return fault("invalid_request", "events is missing");
  const all = Object.entries(events);
  if (all.length === 0 || all.length > MAX_EVENTS)
    return fault("invalid_request", "events must hold 1 to 8 events");
  return readEvents(claims, all, { jti, iat, now });
}

interface Envelope {
  readonly jti: string;
  readonly iat: number;
  readonly now: number;
}

function readEvents(
  claims: Readonly<Record<string, unknown>>,
  events: readonly (readonly [string, unknown])[],
  { jti, iat, now }: Envelope,
): Result<SecurityEventToken, SetFault> {
  let token: SecurityEventToken = { jti, signals: [], unknown: [] };
  for (const [uri, payload] of events) {
    if (!isRecord(payload)) return fault("invalid_request", "an event must be an object");
    const event = signalEventOf(uri);
    if (uri === VERIFICATION) {
      token = { ...token, verified: typeof payload.state === "string" ? payload.state.slice(0, 200) : null };
    } else if (uri === STREAM_UPDATED) {
      token = { ...token, streamStatus: String(payload.status).slice(0, 40) };
    } else if (event === null) {
      token = { ...token, unknown: [...token.unknown, uri.slice(0, 200)] };
    } else {
      const subject = subjectOf(claims, payload);
      if (!subject.ok) return fault("invalid_request", `${event}: ${subject.error}`);
      const eventAt = timeOf([payload.event_timestamp, claims.toe, iat], now);
      token = { ...token, signals: [...token.signals, { event, subject: subject.value, eventAt, payload }] };
    }
  }
  return ok(token);
}

/** Two subjects that differ would let one be checked and the other be meant. */
function subjectOf(
  claims: Readonly<Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>>,
): Result<Subject, string> {
  const [outer, inner] = [claims.sub_id, payload.subject];
  if (outer !== undefined && inner !== undefined && JSON.stringify(outer) !== JSON.stringify(inner))
    return err("sub_id and subject differ");
  return readSubject(outer ?? inner);
}

/** The first of these times that is one, and not later than now: nobody gains by setting a clock ahead. */
function timeOf(candidates: readonly unknown[], now: number): number {
  const found = candidates.find((one): one is number => typeof one === "number" && one > 0) ?? now / 1_000;
  return Math.min(now, Math.floor(found >= MILLISECONDS_FROM ? found : found * 1_000));
}
