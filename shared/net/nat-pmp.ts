/** Asks a router that does not know PCP to open a port: NAT-PMP (RFC 6886 §3.2, §3.3). Numbers are big endian. */

const MAP_UDP = 1;
const ANSWER = 128;

/** Asks for the router's address outside. */
export const natPmpAddressRequest = (): Uint8Array<ArrayBuffer> => Uint8Array.of(0, 0);

/** @returns The address outside, or the result code of a refusal. Null when it is no such answer. */
export function natPmpAddress(bytes: Uint8Array): string | number | null {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== ANSWER) return null;
  const result = viewOf(bytes).getUint16(2);
  if (result !== 0) return result;
  return bytes.length < 12 ? null : bytes.subarray(8, 12).join(".");
}

/** @param lifetimeSeconds 0 ends the mapping. */
export function natPmpRequest(port: number, lifetimeSeconds: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12);
  const view = viewOf(bytes);
  bytes[1] = MAP_UDP;
  view.setUint16(4, port);
  view.setUint16(6, lifetimeSeconds === 0 ? 0 : port);
  view.setUint32(8, lifetimeSeconds);
  return bytes;
}

/** @returns The port outside, or the result code of a refusal. Null when it is no answer about this port. */
export function natPmpAnswer(
  bytes: Uint8Array,
  port: number,
): { readonly port: number; readonly lifetimeSeconds: number } | number | null {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== (ANSWER | MAP_UDP)) return null;
  const view = viewOf(bytes);
  const result = view.getUint16(2);
  if (result !== 0) return result;
  if (bytes.length < 16 || view.getUint16(8) !== port) return null;
  return { port: view.getUint16(10), lifetimeSeconds: view.getUint32(12) };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
