import { blake2s } from "@noble/hashes/blake2.js";

/** WireGuard datagrams as somebody without a key sees them: everything that is encrypted is left at zero. */

export interface Party {
  readonly publicKey: Uint8Array;
  /** `address:port` where the relay hears it. */
  readonly at: string;
}

export function initiation(to: Party, sender: number): Uint8Array {
  const bytes = new Uint8Array(148);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(4, sender, true);
  return withMac1(bytes, to);
}

export function response(to: Party, sender: number, receiver: number): Uint8Array {
  const bytes = new Uint8Array(92);
  bytes[0] = 2;
  new DataView(bytes.buffer).setUint32(4, sender, true);
  new DataView(bytes.buffer).setUint32(8, receiver, true);
  return withMac1(bytes, to);
}

export function cookie(receiver: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes[0] = 3;
  new DataView(bytes.buffer).setUint32(4, receiver, true);
  return bytes;
}

export function data(receiver: number, length = 32): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = 4;
  new DataView(bytes.buffer).setUint32(4, receiver, true);
  return bytes;
}

function withMac1(bytes: Uint8Array, to: Party): Uint8Array {
  const key = blake2s(new Uint8Array([...new TextEncoder().encode("mac1----"), ...to.publicKey]));
  bytes.set(blake2s(bytes.subarray(0, bytes.length - 32), { key, dkLen: 16 }), bytes.length - 32);
  return bytes;
}
