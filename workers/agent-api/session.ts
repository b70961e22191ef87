import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import { answerBytes, requestBytes } from "../../shared/node/protocol/message-mac.ts";
import { HEADERS, TICKET_SCHEME } from "../../shared/node/protocol/types.ts";
import { meshKeys } from "../mesh/keys.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { type Reply, toResponse } from "./refused.ts";
import { type KnownTicket, takeCounter, ticketOf } from "./tickets.ts";

/** A request that its node's session key proves. */
export interface AgentSession {
  readonly ticket: KnownTicket;
  readonly node: string;
  /** The nonce of the request. It makes the answer fresh. */
  readonly nonce: string;
}

const COUNTER = /^(?:0|[1-9]\d{0,15})$/;
const NONCE = /^[A-Za-z0-9_-]{22}$/;

/** @param body As sent, before any content decoding. */
export async function openSession(
  request: Request,
  bindings: Bindings,
  target: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<AgentSession> {
  const { headers } = request;
  const [scheme, text = ""] = (headers.get("authorization") ?? "").split(" ");
  if (scheme !== TICKET_SCHEME) throwRefusal("ticket_invalid", "Shake hands first, then send the ticket.");
  const keys = await meshKeys(bindings);
  const ticket = await ticketOf(keys, text);
  if (!ticket) return throwRefusal("ticket_invalid", "This hub did not make the ticket. Shake hands again.");
  const counter = headers.get(HEADERS.counter) ?? "";
  const nonce = headers.get(HEADERS.nonce) ?? "";
  const tag = fromBase64url(headers.get(HEADERS.mac) ?? "");
  if (!COUNTER.test(counter) || !NONCE.test(nonce) || tag === null) {
    return throwRefusal("mac_invalid", "The counter, the nonce or the MAC is malformed.");
  }
  const facts = {
    method: request.method,
    origin: bindings.hubOrigin,
    target,
    counter: Number(counter),
    nonce,
    applied: headers.get("if-none-match") ?? "",
    bodyHash: body.length === 0 ? EMPTY_HASH : await keys.crypto.sha256(body),
  };
  if (!(await ticket.mac.verify(requestBytes(facts), tag))) {
    return throwRefusal("mac_invalid", "The MAC does not fit the request. Shake hands again.");
  }
  return { ticket, node: ticket.node, nonce };
}

/** Refuses an expired ticket or a repeated request. Only an authentic request may learn this reason. */
export function requireFresh(session: AgentSession, counter: string | null, now: number): void {
  if (session.ticket.expiresAt <= now) throwRefusal("ticket_expired", "Shake hands again.");
  if (!takeCounter(session.ticket, Number(counter))) {
    throwRefusal("request_replayed", "A request with this counter came before, or it is too old. Count on.");
  }
}

/** Adds the session's MAC to the reply. The MAC proves that this hub gives this answer to this request now. */
export async function sealAnswer(
  session: AgentSession,
  reply: Reply,
  bindings: Bindings,
  now: number,
): Promise<Response> {
  const { crypto } = await meshKeys(bindings);
  const bytes = answerBytes({
    nonce: session.nonce,
    status: reply.status,
    etag: reply.etag ?? "",
    time: now,
    bodyHash: reply.body === "" ? EMPTY_HASH : await crypto.sha256(encoder.encode(reply.body)),
  });
  return toResponse(reply, {
    [HEADERS.time]: String(now),
    [HEADERS.mac]: base64url(await session.ticket.mac.sign(bytes)),
  });
}

const encoder = new TextEncoder();

/** SHA-256 of no bytes, since most polls and answers have no body. */
const EMPTY_HASH = fromBase64url("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU") ?? new Uint8Array(0);
