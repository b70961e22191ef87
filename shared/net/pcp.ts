/** Asks a router to open a port: PCP's MAP (RFC 6887 §7, §11). Numbers are big endian; IPv4 addresses are mapped into IPv6. */

/** Routers listen there for PCP and for NAT-PMP. */
export const PCP_PORT = 5351;
/** What a router that speaks only NAT-PMP answers PCP with (RFC 6887 appendix A). */
export const NAT_PMP_VERSION = 0;
export const NONCE_BYTES = 12;
const VERSION = 2;
const MAP = 1;
const ANSWER = 128;
const UDP = 17;
const HEADER = 24;
const LENGTH = 60;

/** A port of the router that leads to this machine. */
export interface MappedPort {
  /** The router's address outside, IPv4. */
  readonly address: string;
  readonly port: number;
  /** For how many seconds the router keeps it. */
  readonly lifetimeSeconds: number;
}

export interface MapRequest {
  /** Twelve random bytes, the same for each request about a mapping. The router lets nobody change it without them. */
  readonly nonce: Uint8Array;
  /** The machine's own address, IPv4. */
  readonly client: string;
  readonly port: number;
  /** 0 ends the mapping. */
  readonly lifetimeSeconds: number;
}

export function pcpRequest({ nonce, client, port, lifetimeSeconds }: MapRequest): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set([VERSION, MAP]);
  view.setUint32(4, lifetimeSeconds);
  bytes.set(mapped(client), 8);
  bytes.set(nonce, HEADER);
  bytes[HEADER + NONCE_BYTES] = UDP;
  view.setUint16(40, port);
  // The same port outside would be best. Ending a mapping, one asks for none (§15).
  view.setUint16(42, lifetimeSeconds === 0 ? 0 : port);
  bytes.set(mapped("0.0.0.0"), 44);
  return bytes;
}

/**
 * Reads an answer to a request.
 * @returns The mapping, or the result code of a refusal. Null when it is no answer to this request.
 */
export function pcpAnswer(bytes: Uint8Array, { nonce, port }: MapRequest): MappedPort | number | null {
  if (bytes.length < LENGTH || bytes[0] !== VERSION || bytes[1] !== (ANSWER | MAP)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOurs = nonce.every((byte, at) => bytes[HEADER + at] === byte);
  if (!isOurs || bytes[HEADER + NONCE_BYTES] !== UDP || view.getUint16(40) !== port) return null;
  // A refusal repeats the request, too (§8.2, §11.4). One that does not is anybody's, and the true answer may still come.
  const result = bytes[3] ?? 0;
  if (result !== 0) return result;
  const address = bytes.subarray(44, 60);
  if (
    !mapped("0.0.0.0")
      .subarray(0, 12)
      .every((byte, at) => address[at] === byte)
  )
    return null;
  return {
    address: address.subarray(12).join("."),
    port: view.getUint16(42),
    lifetimeSeconds: view.getUint32(4),
  };
}

/** `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
const mapped = (ipv4: string): Uint8Array =>
  Uint8Array.from([...Array(10).fill(0), 255, 255, ...ipv4.split(".").map(Number)]);
