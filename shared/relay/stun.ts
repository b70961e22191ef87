import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, equal, utf8 } from "../crypto/bytes.ts";
import { formatAddress, parseIPv4, parseIPv6 } from "../net/address.ts";

/**
 * Probes of a leg at its relay: a STUN binding request, and the answer which says from where it came (RFC 8489). A probe
 * names the leg as its user and is authenticated by the short-term credential of the signed config (§9.1), so that nobody
 * else is answered. An answer is never longer than its request.
 */

const HEADER_BYTES = 20;
export const TRANSACTION_BYTES = 12;
const COOKIE = [0x21, 0x12, 0xa4, 0x42] as const;
const REQUEST = 0x0001;
const ANSWER = 0x0101;
const USERNAME = 0x0006;
const INTEGRITY = 0x001c;
const XOR_MAPPED_ADDRESS = 0x0020;
const INTEGRITY_BYTES = 36;

export interface Credential {
  /** The id of the leg. */
  readonly user: string;
  /** The key as the config writes it. Its text is the password. */
  readonly key: string;
}

/** @param transaction 12 random bytes, which the answer repeats. */
export const bindingRequest = ({ user, key }: Credential, transaction: Uint8Array): Uint8Array =>
  sealed(REQUEST, transaction, attribute(USERNAME, utf8(user)), key);

/**
 * The answer to a binding request for this credential.
 * @param source `address:port` or `[address]:port` from where the request came.
 * @returns Null for everything else, which gets no answer at all.
 */
export function answerBinding(
  datagram: Uint8Array,
  { user, key }: Credential,
  source: string,
): Uint8Array | null {
  const message = read(datagram, REQUEST, key);
  const name = message?.attributes.get(USERNAME);
  const place = placeBytes(source);
  if (!message || !place || !name || !equal(name, utf8(user))) return null;
  const mapped = attribute(XOR_MAPPED_ADDRESS, masked(place, message.transaction));
  const answer = sealed(ANSWER, message.transaction, mapped, key);
  return answer.length <= datagram.length ? answer : null;
}

/**
 * Where the sender of a request was, as the relay saw it, in the form of `source`.
 * @returns Null when this is no true answer to the request with that transaction.
 */
export function readBindingAnswer(datagram: Uint8Array, key: string, transaction: Uint8Array): string | null {
  const message = read(datagram, ANSWER, key);
  const mapped = message?.attributes.get(XOR_MAPPED_ADDRESS);
  if (!message || !mapped || !equal(message.transaction, transaction)) return null;
  return placeText(masked(mapped, transaction));
}

/** The transaction that a message names, not verified. Null for what is too short for one. */
export const transactionOf = (datagram: Uint8Array): Uint8Array | null =>
  datagram.length < HEADER_BYTES ? null : datagram.slice(HEADER_BYTES - TRANSACTION_BYTES, HEADER_BYTES);

interface Message {
  readonly transaction: Uint8Array;
  /** By their types, the first of each. */
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/** Reads a message of one type whose integrity holds. What follows the integrity does not count (§14.6). */
function read(datagram: Uint8Array, type: number, key: string): Message | null {
  const { length } = datagram;
  const isOurs =
    length >= HEADER_BYTES + INTEGRITY_BYTES &&
    word(datagram, 0) === type &&
    word(datagram, 2) === length - HEADER_BYTES &&
    COOKIE.every((byte, at) => datagram[4 + at] === byte);
  if (!isOurs) return null;
  const attributes = new Map<number, Uint8Array>();
  for (let at = HEADER_BYTES; at + 4 <= length; ) {
    const [kind, size] = [word(datagram, at), word(datagram, at + 2)];
    const value = datagram.subarray(at + 4, at + 4 + size);
    if (value.length < size) return null;
    if (kind === INTEGRITY) {
      const isTrue = equal(value, integrityOf(datagram.subarray(0, at), key));
      return isTrue ? { transaction: datagram.slice(8, HEADER_BYTES), attributes } : null;
    }
    if (!attributes.has(kind)) attributes.set(kind, value);
    at += 4 + size + padding(size);
  }
  return null;
}

function sealed(type: number, transaction: Uint8Array, attributes: Uint8Array, key: string): Uint8Array {
  const size = attributes.length + INTEGRITY_BYTES;
  const open = concat(
    Uint8Array.of(...twoBytes(type), ...twoBytes(size), ...COOKIE),
    transaction,
    attributes,
  );
  return concat(open, attribute(INTEGRITY, integrityOf(open, key)));
}

/** The length in the header counts up to the end of this attribute (§14.6). */
function integrityOf(before: Uint8Array, key: string): Uint8Array {
  const counted = Uint8Array.from(before);
  counted.set(twoBytes(before.length - HEADER_BYTES + INTEGRITY_BYTES), 2);
  return hmac(sha256, utf8(key), counted);
}

const attribute = (kind: number, value: Uint8Array): Uint8Array =>
  concat(
    Uint8Array.of(...twoBytes(kind), ...twoBytes(value.length)),
    value,
    new Uint8Array(padding(value.length)),
  );

const padding = (size: number): number => (4 - (size % 4)) % 4;
const twoBytes = (value: number): [number, number] => [value >> 8, value & 255];
const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const FAMILIES = { 4: 1, 6: 2 } as const;

/** Family, port and address (§14.1). */
function placeBytes(place: string): Uint8Array | null {
  const [, ipv6, ipv4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(place) ?? [];
  const address = ipv6 === undefined ? parseIPv4(ipv4 ?? "") : parseIPv6(ipv6);
  return address && Uint8Array.of(0, FAMILIES[address.version], ...twoBytes(Number(port)), ...address.bytes);
}

function placeText(bytes: Uint8Array): string | null {
  const port = word(bytes, 2);
  const address = [...bytes.subarray(4)];
  if (bytes[1] === FAMILIES[4] && address.length === 4)
    return `${formatAddress({ version: 4, bytes: address })}:${port}`;
  if (bytes[1] === FAMILIES[6] && address.length === 16)
    return `[${formatAddress({ version: 6, bytes: address })}]:${port}`;
  return null;
}

/** Port and address, combined with the cookie and the transaction (§14.2). The same again takes it away. */
function masked(place: Uint8Array, transaction: Uint8Array): Uint8Array {
  const mask = [...COOKIE, ...transaction];
  return place.map((byte, at) => {
    if (at < 2) return byte;
    return byte ^ (mask[at < 4 ? at - 2 : at - 4] ?? 0);
  });
}
