import { base64url, fromBase64url } from "../../base/base64url.ts";
import { concat, utf8 } from "../../crypto/bytes.ts";
import type { AeadKey, Bytes, CryptoProvider } from "../../crypto/types.ts";
import { transcript } from "./transcript.ts";

/**
 * What the hub knows of a session. The hub seals the ticket and the node carries it, so that any isolate verifies a
 * poll without a look-up (as in RFC 5077). Only the hub can read it.
 */
export interface Ticket {
  readonly node: string;
  readonly segment: string;
  /**
   * The counter of the handshake that opened the session. After a later handshake, reports of this session do not count
   * any more.
   */
  readonly handshake: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** 32 bytes. */
  readonly sessionKey: Bytes;
}

const VERSION = 1;
const NONCE = 12;
const SESSION_KEY = 32;

export async function sealTicket(
  crypto: Pick<CryptoProvider, "random">,
  key: AeadKey,
  ticket: Ticket,
): Promise<string> {
  const { node, segment, handshake, issuedAt, expiresAt } = ticket;
  const words = utf8(JSON.stringify([node, segment, handshake, issuedAt, expiresAt]));
  const nonce = crypto.random(NONCE);
  const sealed = await key.seal(nonce, concat(ticket.sessionKey, words), transcript("ticket", VERSION));
  return base64url(concat(new Uint8Array([VERSION]), nonce, sealed));
}

/** Opens a ticket. Null when the hub did not seal the text. The caller must check whether the ticket has expired. */
export async function openTicket(key: AeadKey, text: string): Promise<Ticket | null> {
  const bytes = text.length <= 1_024 ? fromBase64url(text) : null;
  if (!bytes || bytes[0] !== VERSION || bytes.length < 1 + NONCE + SESSION_KEY) return null;
  const opened = await key.open(
    bytes.subarray(1, 1 + NONCE),
    bytes.subarray(1 + NONCE),
    transcript("ticket", VERSION),
  );
  if (!opened.ok) return null;
  // The bytes are authentic, so they have the form that `sealTicket` gave them.
  const words = JSON.parse(new TextDecoder().decode(opened.value.subarray(SESSION_KEY)));
  const [node, segment, handshake, issuedAt, expiresAt] = words as [string, string, number, number, number];
  return { node, segment, handshake, issuedAt, expiresAt, sessionKey: opened.value.slice(0, SESSION_KEY) };
}
