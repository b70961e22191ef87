import { utf8 } from "../../crypto/bytes.ts";
import type { Bytes } from "../../crypto/types.ts";

/**
 * The purpose of a signature or a MAC in this protocol. A signature for one purpose is refused for every other purpose.
 */
export type Purpose =
  | "enroll"
  | "enroll-key"
  | "possession"
  | "rotate"
  | "facts"
  | "handshake"
  | "device"
  | "handshake-confirmation"
  | "session"
  | "request"
  | "answer"
  | "ticket";

export const label = (purpose: Purpose): string => `rustronaut/v1/${purpose}`;

/**
 * The bytes for a purpose and its fields: the label and each field, each after its length (32 bits, big endian). So two
 * different lists of fields never give the same bytes. Numbers are written in decimal.
 */
export function transcript(purpose: Purpose, ...fields: readonly (string | number | Uint8Array)[]): Bytes {
  const parts = [label(purpose), ...fields].map((field) =>
    typeof field === "number" ? String(field) : field,
  );
  // A UTF-16 unit takes at most three bytes of UTF-8.
  const most = parts.reduce(
    (sum, part) => sum + LENGTH + (typeof part === "string" ? 3 * part.length : part.length),
    0,
  );
  const bytes = new Uint8Array(most);
  const view = new DataView(bytes.buffer);
  let end = 0;
  for (const part of parts) {
    const begin = end + LENGTH;
    end = typeof part === "string" ? writeText(bytes, begin, part) : writeBytes(bytes, begin, part);
    view.setUint32(begin - LENGTH, end - begin);
  }
  return bytes.subarray(0, end);
}

/** The number of bytes of a field's length. */
const LENGTH = 4;

/**
 * Writes a text. Every poll needs two transcripts of short ASCII words. This loop takes a tenth of the time of a call
 * of an encoder.
 */
function writeText(bytes: Uint8Array, begin: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return writeBytes(bytes, begin, utf8(text));
    bytes[begin + i] = unit;
  }
  return begin + text.length;
}

function writeBytes(bytes: Uint8Array, begin: number, part: Uint8Array): number {
  bytes.set(part, begin);
  return begin + part.length;
}
