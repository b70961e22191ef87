import { blake2s } from "@noble/hashes/blake2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const LABEL = utf8ToBytes("mac1----");
const MAC_BYTES = 16;
/** A handshake message ends with `mac1` and `mac2`, 16 bytes each. */
const MACS_BYTES = 32;

/** The key of the `mac1` of all handshake messages to the owner of a WireGuard key (32 bytes). */
export const mac1Key = (publicKey: Uint8Array): Uint8Array => blake2s(concatBytes(LABEL, publicKey));

/**
 * Whether an initiation or a response is meant for the owner of a key (WireGuard whitepaper §5.4.4). Everybody who knows
 * the public key can make such a message, so this says whom it is for, and not whom it is from.
 * @param key What `mac1Key` gives for the receiver.
 */
export function isFor(key: Uint8Array, handshake: Uint8Array): boolean {
  const end = handshake.length - MACS_BYTES;
  const expected = blake2s(handshake.subarray(0, end), { key, dkLen: MAC_BYTES });
  const given = handshake.subarray(end, end + MAC_BYTES);
  return expected.every((byte, at) => byte === given[at]);
}
