import type { RandomBytes } from "../base/random.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * `rnapi` opens this API, `rnsvc` opens apps, `rnek` lets nodes in, `rnsig` lets a transmitter send signals, `rnscim`
 * sends people and groups.
 */
export type TokenPrefix = "rnapi" | "rnsvc" | "rnek" | "rnsig" | "rnscim";

/**
 * A new credential: `<prefix>_`, 40 random base 62 characters (238 bits), and 6 more that are the CRC-32 of
 * what stands before, so that secret scanners find it without calling anyone.
 */
export function mintToken(prefix: TokenPrefix, random: RandomBytes): string {
  let body = `${prefix}_`;
  while (body.length < prefix.length + 41) {
    for (const byte of random(48)) {
      // 248 = 4 × 62: bytes above would favour the first characters.
      if (byte < 248 && body.length < prefix.length + 41) body += BASE62.charAt(byte % 62);
    }
  }
  return body + checksum(body);
}

/** Whether `text` has the form and the checksum of a token; its validity is another question. */
export function isToken(prefix: TokenPrefix, text: string): boolean {
  if (text.length !== prefix.length + 47 || !text.startsWith(`${prefix}_`)) return false;
  if (!/^[0-9A-Za-z]+$/.test(text.slice(prefix.length + 1))) return false;
  return checksum(text.slice(0, -6)) === text.slice(-6);
}

function checksum(text: string): string {
  let value = crc32(text);
  let out = "";
  for (let i = 0; i < 6; i++) {
    out = BASE62.charAt(value % 62) + out;
    value = Math.floor(value / 62);
  }
  return out;
}

/** CRC-32 of ISO 3309 over ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
