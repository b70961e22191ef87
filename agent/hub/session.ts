import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import type { ContextSigningKey, CryptoProvider, MacKey } from "../../shared/crypto/types.ts";
import { confirmed, startHandshake } from "../../shared/node/protocol/handshake.ts";
import { answerBytes, requestBytes } from "../../shared/node/protocol/message-mac.ts";
import {
  CAPABILITY,
  type HandshakeStatement,
  HEADERS,
  TICKET_SCHEME,
} from "../../shared/node/protocol/types.ts";
import { type HttpAnswer, HubAway, type Send } from "./http.ts";
import { refusalTo } from "./refusal.ts";
import { handshakeAnswer, parseAnswer } from "./schemas.ts";

export interface HubIdentity {
  readonly origin: string;
  /** The X-Wing public key that the newest root names. */
  readonly kem: Uint8Array;
}

export interface SessionCall {
  readonly method: "GET" | "POST";
  readonly target: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The entity tag with its quotes. Left out when no config is applied. */
  readonly applied?: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** An answer that the session key proves. */
export interface AuthenticAnswer extends HttpAnswer {
  readonly etag: string;
  /** The hub's clock. */
  readonly hubTime: number;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 256 * 1024;

export interface OpenSession {
  readonly expiresAt: number;
  readonly pollSeconds: number;
  readonly telemetrySeconds: number;
  /**
   * The hub's capability. It may only change what the agent tells the hub, since the key confirmation does not cover
   * it.
   */
  readonly capability: number;
  /** Hub time minus node time at the handshake. */
  readonly skewMs: number;
  /**
   * Sends a request with a proof that this node sent it, and gives an answer that is proven to be the hub's.
   * @throws HubAway for any answer without a valid MAC; HubRefused for a refusal.
   */
  readonly call: (call: SessionCall) => Promise<AuthenticAnswer>;
  /** The headers for a request that another client sends (the WebSocket). */
  readonly headersFor: (method: string, target: string) => Promise<Record<string, string>>;
}

/**
 * Does one handshake.
 * @param counter Higher than the counter of any earlier handshake, and already on the disk.
 */
export async function openSession(
  crypto: CryptoProvider,
  send: Send,
  hub: HubIdentity,
  device: { readonly node: string; readonly signingKey: ContextSigningKey },
  counter: number,
  now: () => number,
): Promise<OpenSession> {
  const started = await startHandshake(crypto, hub, device, { counter, time: now() });
  if (!started.ok) throw new HubAway(`The hub's KEM key is refused: ${started.error}`);
  const { request, sessionKey } = started.value;
  const mac = await crypto.hmacSha256.key(sessionKey);
  const answer = await send({
    method: "POST",
    target: "/agent/v1/handshake",
    headers: { "content-type": "application/json", [HEADERS.capability]: String(CAPABILITY) },
    body: new TextEncoder().encode(JSON.stringify(request)),
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  });
  if (answer.status !== 200) {
    const { nonce } = readStatement(request.statement);
    throw refusalTo(answer, (await authenticate(crypto, mac, nonce, answer)) !== null, hub.origin);
  }
  const opened = parseAnswer(handshakeAnswer, answer.body, MAX_BYTES);
  if (!(await confirmed(crypto, sessionKey, opened)))
    throw new HubAway("Whoever answered the handshake does not hold the hub's key");
  return {
    expiresAt: opened.expiresAt,
    pollSeconds: opened.pollSeconds,
    telemetrySeconds: opened.telemetrySeconds,
    capability: opened.capability ?? 1,
    skewMs: opened.hubTime - now(),
    ...callsOf(crypto, send, hub.origin, opened.ticket, mac),
  };
}

function callsOf(crypto: CryptoProvider, send: Send, origin: string, ticket: string, mac: MacKey) {
  let counter = 0;

  async function signed(
    { method, target, body = EMPTY, applied = "" }: Omit<SessionCall, "method"> & { readonly method: string },
    nonce: string,
  ): Promise<Record<string, string>> {
    const own = counter++;
    const facts = {
      method,
      origin,
      target,
      counter: own,
      nonce,
      applied,
      bodyHash: await crypto.sha256(body),
    };
    return {
      authorization: `${TICKET_SCHEME} ${ticket}`,
      [HEADERS.capability]: String(CAPABILITY),
      [HEADERS.counter]: String(own),
      [HEADERS.nonce]: nonce,
      [HEADERS.mac]: base64url(await mac.sign(requestBytes(facts))),
      ...(applied === "" ? {} : { "if-none-match": applied }),
    };
  }

  return {
    headersFor: (method: string, target: string) => signed({ method, target }, newNonce(crypto)),
    call: async (call: SessionCall): Promise<AuthenticAnswer> => {
      const nonce = newNonce(crypto);
      const answer = await send({
        method: call.method,
        target: call.target,
        headers: { ...call.headers, ...(await signed(call, nonce)) },
        ...(call.body ? { body: call.body } : {}),
        timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
        maxBytes: call.maxBytes ?? MAX_BYTES,
        ...(call.signal ? { signal: call.signal } : {}),
      });
      const proven = await authenticate(crypto, mac, nonce, answer);
      if (proven && (answer.status < 300 || answer.status === 304)) return proven;
      const refusal = refusalTo(answer, proven !== null, origin);
      // A hub that can't read the ticket can't prove itself either. A new handshake does no harm.
      if (proven || answer.status === 401 || refusal instanceof HubAway) throw refusal;
      throw new HubAway(`An answer came without the hub's proof (${answer.status} ${refusal.code})`);
    },
  };
}

const EMPTY = new Uint8Array(0);
const newNonce = (crypto: CryptoProvider): string => base64url(crypto.random(16));

/** Gives the answer when its MAC is valid, otherwise null. */
async function authenticate(
  crypto: CryptoProvider,
  mac: MacKey,
  nonce: string,
  answer: HttpAnswer,
): Promise<AuthenticAnswer | null> {
  const tag = fromBase64url(answer.header(HEADERS.mac));
  const time = answer.header(HEADERS.time);
  if (!tag || !/^\d{1,16}$/.test(time)) return null;
  const etag = answer.header("etag");
  const hubTime = Number(time);
  const bodyHash = await crypto.sha256(answer.body);
  const bytes = answerBytes({ nonce, status: answer.status, etag, time: hubTime, bodyHash });
  return (await mac.verify(bytes, tag)) ? { ...answer, etag, hubTime } : null;
}

const readStatement = (text: string): HandshakeStatement =>
  JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as HandshakeStatement;
