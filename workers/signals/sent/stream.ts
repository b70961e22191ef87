import { normalEmail } from "../../../shared/access/login/email.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { SIGNAL_EVENTS } from "../../../shared/access/signals/events.ts";
import { SENT_EVENTS, verificationClaims } from "../../../shared/access/signals/outgoing.ts";
import { SSF } from "../../../shared/access/signals/paths.ts";
import { isRecord, readSubject } from "../../../shared/access/signals/subject.ts";
import { JWKS_PATH } from "../../gateway/jwks.ts";
import { boundedBody } from "../../platform/bounded-body.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshJti, keepLetter } from "./letters.ts";
import { pushSoon } from "./push.ts";
import { type Receiver, receiverOfToken } from "./receivers.ts";

/**
 * What a receiver may do with its own stream (SSF 1.0 §8.1). Streams are made, changed and deleted by administrators
 * alone: their address is where this network sends what it knows about people.
 */

const MAX_BYTES = 16_384;
/** A receiver may ask for a verification this often, in seconds. */
const MIN_VERIFICATION_SECONDS = 10;
const PUSH = "urn:ietf:rfc:8935";

/** `/.well-known/ssf-configuration` (SSF 1.0 §7.1). */
export function serveConfiguration({ authOrigin }: Bindings): Response {
  const at = (name: string) => `${authOrigin}${SSF}${name}`;
  return json({
    spec_version: "1_0",
    issuer: authOrigin,
    jwks_uri: `${authOrigin}${JWKS_PATH}`,
    delivery_methods_supported: [PUSH],
    configuration_endpoint: at("stream"),
    status_endpoint: at("status"),
    verification_endpoint: at("verify"),
    add_subject_endpoint: at("subjects/add"),
    remove_subject_endpoint: at("subjects/remove"),
    authorization_schemes: [{ spec_urn: "urn:ietf:rfc:6750" }],
    default_subjects: "ALL",
  });
}

/** Serves the stream management of the receiver whose bearer token the request shows. */
export async function serveStream(
  request: Request,
  url: URL,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  const [scheme, token] = (request.headers.get("Authorization") ?? "").split(" ");
  const receiver =
    scheme?.toLowerCase() === "bearer" && token
      ? await receiverOfToken(bindings.db, hashSecret(token))
      : null;
  if (!receiver) return json({ error: "invalid_token" }, 401, { "WWW-Authenticate": "Bearer" });
  const call = `${request.method} ${url.pathname.slice(SSF.length)}`;
  if (call === "GET stream" || call === "GET status") {
    const asked = url.searchParams.get("stream_id");
    if (asked !== null && asked !== receiver.id) return json({ error: "not_found" }, 404);
    const found = call === "GET status" ? statusOf(receiver) : streamOf(bindings, receiver);
    // Without an id, all streams of the receiver are asked for: there is one.
    return json(call === "GET stream" && asked === null ? [found] : found);
  }
  if (request.method !== "POST") return json({ error: "method_not_allowed" }, 405);
  const body = await readBody(request);
  if (body === null || (body.stream_id !== undefined && body.stream_id !== receiver.id))
    return json({ error: "invalid_request" }, 400);
  switch (call) {
    case "POST status":
      return setStatus(bindings, receiver, body);
    case "POST verify":
      return verify(bindings, ctx, receiver, body);
    case "POST subjects/add":
      return changeSubject(bindings, receiver, body, true);
    case "POST subjects/remove":
      return changeSubject(bindings, receiver, body, false);
    default:
      return json({ error: "not_found" }, 404);
  }
}

const streamOf = ({ authOrigin }: Bindings, { id, audience, events }: Receiver) => ({
  stream_id: id,
  iss: authOrigin,
  aud: audience,
  delivery: { method: PUSH },
  events_supported: SENT_EVENTS.map((name) => SIGNAL_EVENTS[name].uri),
  events_requested: events.map((name) => SIGNAL_EVENTS[name].uri),
  events_delivered: events.map((name) => SIGNAL_EVENTS[name].uri),
  min_verification_interval: MIN_VERIFICATION_SECONDS,
});

const statusOf = ({ id, status }: Receiver) => ({ stream_id: id, status });

/** While a stream is paused its tokens wait; while it is disabled none are made. */
async function setStatus(
  { db }: Bindings,
  receiver: Receiver,
  { status }: Readonly<Record<string, unknown>>,
): Promise<Response> {
  if (status !== "enabled" && status !== "paused" && status !== "disabled")
    return json({ error: "invalid_request" }, 400);
  await db.prepare("UPDATE signal_receivers SET status = ? WHERE id = ?").bind(status, receiver.id).run();
  return json(statusOf({ ...receiver, status }));
}

async function verify(
  bindings: Bindings,
  ctx: ExecutionContext,
  receiver: Receiver,
  { state }: Readonly<Record<string, unknown>>,
): Promise<Response> {
  if (state !== undefined && (typeof state !== "string" || state.length > 200))
    return json({ error: "invalid_request" }, 400);
  const now = Date.now();
  const last = await bindings.db
    .prepare(
      "SELECT max(created_at) AS at FROM signal_letters WHERE receiver_id = ? AND event = 'verification'",
    )
    .bind(receiver.id)
    .first<{ at: number | null }>();
  if (last?.at && now - last.at < MIN_VERIFICATION_SECONDS * 1_000)
    return json({ error: "too_many_requests" }, 429, { "Retry-After": String(MIN_VERIFICATION_SECONDS) });
  await keepVerification(bindings, receiver, typeof state === "string" ? state : null, now).run();
  ctx.waitUntil(pushSoon(bindings, receiver.id));
  return new Response(null, { status: 204, headers: HEADERS });
}

/** A token that proves that the stream works. */
export function keepVerification(
  { db, authOrigin }: Bindings,
  { id, audience }: Pick<Receiver, "id" | "audience">,
  state: string | null,
  at: number,
): D1PreparedStatement {
  const jti = freshJti();
  const claims = verificationClaims({ issuer: authOrigin, audience, jti, at }, id, state);
  return keepLetter(db, { jti, receiverId: id, event: "verification", claims, at });
}

/** Whether somebody is known here is not said: both answers are the same. */
async function changeSubject(
  { db, authOrigin }: Bindings,
  receiver: Receiver,
  { subject }: Readonly<Record<string, unknown>>,
  isWanted: boolean,
): Promise<Response> {
  const read = readSubject(subject);
  if (!read.ok) return json({ error: "invalid_request", error_description: read.error }, 400);
  const [one] = read.value.person;
  const [column, value] =
    one?.format === "email"
      ? ["email", normalEmail(one.email) ?? ""]
      : ["id", one?.format === "iss_sub" && one.iss === authOrigin ? one.sub : ""];
  await db
    .prepare(
      isWanted
        ? `DELETE FROM signal_exclusions WHERE receiver_id = ? AND user_id IN (SELECT id FROM users WHERE ${column} = ?)`
        : `INSERT OR IGNORE INTO signal_exclusions (receiver_id, user_id) SELECT ?, id FROM users WHERE ${column} = ?`,
    )
    .bind(receiver.id, value)
    .run();
  return new Response(null, { status: isWanted ? 200 : 204, headers: HEADERS });
}

async function readBody(request: Request): Promise<Record<string, unknown> | null> {
  const bytes = await boundedBody(request.body, MAX_BYTES);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const HEADERS = { "Cache-Control": "no-store", "X-Rustronaut-Response": "signals" };
const json = (body: object, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { ...HEADERS, ...headers } });
