/**
 * What a WireGuard datagram shows to somebody who has no key (WireGuard whitepaper §5.4): its kind, and the numbers by
 * which the two ends tell their sessions apart.
 */
export type WireguardMessage =
  | { readonly kind: "initiation"; readonly sender: number }
  | { readonly kind: "response"; readonly sender: number; readonly receiver: number }
  | { readonly kind: "cookie"; readonly receiver: number }
  | { readonly kind: "data"; readonly receiver: number };

const INITIATION_BYTES = 148;
const RESPONSE_BYTES = 92;
const COOKIE_BYTES = 64;
/** A header of 16 bytes and the tag of an empty packet. */
const LEAST_DATA_BYTES = 32;

/** Null when the datagram can't be one of WireGuard. */
export function messageOf(datagram: Uint8Array): WireguardMessage | null {
  const { length } = datagram;
  if (length < LEAST_DATA_BYTES || datagram[1] !== 0 || datagram[2] !== 0 || datagram[3] !== 0) return null;
  switch (datagram[0]) {
    case 1:
      return length === INITIATION_BYTES ? { kind: "initiation", sender: index(datagram, 4) } : null;
    case 2:
      return length === RESPONSE_BYTES
        ? { kind: "response", sender: index(datagram, 4), receiver: index(datagram, 8) }
        : null;
    case 3:
      return length === COOKIE_BYTES ? { kind: "cookie", receiver: index(datagram, 4) } : null;
    case 4:
      return { kind: "data", receiver: index(datagram, 4) };
    default:
      return null;
  }
}

const index = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)) >>>
  0;
