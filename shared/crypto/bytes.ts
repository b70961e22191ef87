import type { Bytes } from "./types.ts";

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// The cast is needed because the encoder's buffer type in the types of Workers is less exact than ours.
export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && differingBits(a, b) === 0;

/** Compares every byte, so that the time doesn't reveal where two secrets differ. */
function differingBits(a: Uint8Array, b: Uint8Array): number {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference;
}

/**
 * @throws RangeError If one of our own secrets has the wrong length. That is a broken invariant, not the
 *   fault of a peer.
 */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} must have ${length} bytes, not ${bytes.length}`);
}
