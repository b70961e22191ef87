import type { RandomBytes } from "./random.ts";

/** Crockford's base 32. It has no I, L, O and U, and its texts sort like the bytes that they stand for. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The kinds of things that have an id, with the prefix of each kind. */
export const ID_PREFIXES = {
  user: "usr",
  identity: "idn",
  identityProvider: "idp",
  group: "grp",
  segment: "seg",
  app: "app",
  upstream: "ups",
  policy: "pol",
  serviceToken: "svc",
  apiToken: "tok",
  session: "ses",
  decision: "dec",
  attempt: "att",
  passkey: "psk",
  audit: "aud",
  network: "net",
  node: "nod",
  enrolmentKey: "nek",
  meshRule: "rul",
  microsegment: "mic",
  suggestion: "sug",
  meshService: "msv",
  meshTest: "mts",
  notificationDestination: "ntf",
  deadLetter: "dlt",
  logDestination: "lgd",
  signalTransmitter: "sgt",
  signalReceiver: "sgr",
  accessGrant: "grt",
  oauthClient: "ocl",
  leg: "leg",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/**
 * A sortable id: prefix, 48 bits of milliseconds, 80 random bits (26 characters after the underscore, as in
 * ULID). An id names a thing. It never gives access.
 */
export function newId(kind: IdKind, nowMs: number, random: RandomBytes): string {
  let text = "";
  let time = nowMs;
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  for (const byte of random(16)) text += ALPHABET.charAt(byte & 31);
  return `${ID_PREFIXES[kind]}_${text}`;
}

/**
 * An id made of given bytes instead of the time and randomness, for a thing that must be found by something else.
 *
 * @param bytes At least 26 bytes that nobody can predict.
 */
export function derivedId(kind: IdKind, bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, 26), (byte) => ALPHABET.charAt(byte & 31)).join("");
  return `${ID_PREFIXES[kind]}_${text}`;
}

const ID_PATTERN = /^([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}$/;

/** Whether `text` is a well-formed id of the given kind. The thing itself may not exist. */
export function isId(kind: IdKind, text: string): boolean {
  return ID_PATTERN.exec(text)?.[1] === ID_PREFIXES[kind];
}
