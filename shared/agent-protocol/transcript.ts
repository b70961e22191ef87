import { concat, utf8 } from "../crypto/bytes.ts";
import type { Bytes } from "../crypto/types.ts";

/** What a signature or a MAC of this protocol is for. One made for one purpose is refused for every other. */
export type Purpose =
  | "enroll"
  | "enroll-key"
  | "possession"
  | "rotate"
  | "facts"
  | "handshake"
  | "handshake-confirmation"
  | "session"
  | "request"
  | "answer"
  | "ticket";

export const label = (purpose: Purpose): string => `rustronaut/v1/${purpose}`;

/**
 * The bytes that stand for a purpose and its fields: the label and each field with its length in front (32 bits, big
 * endian), so that no two lists of fields give the same bytes. Numbers are written in decimal.
 */
export function transcript(purpose: Purpose, ...fields: readonly (string | number | Uint8Array)[]): Bytes {
  const parts: Uint8Array[] = [];
  for (const field of [label(purpose), ...fields]) {
    const bytes = typeof field === "object" ? field : utf8(String(field));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length);
    parts.push(length, bytes);
  }
  return concat(...parts);
}
