import { sha256 } from "@noble/hashes/sha2.js";
import { base64, fromBase64 } from "../base/base64.ts";
import { hex } from "../base/base64url.ts";

/** Signed notes: a text with signatures by named keys (C2SP signed-note). Ed25519 is algorithm 0x01. */

export interface NoteKey {
  readonly name: string;
  /** The 32 bytes of an Ed25519 key. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

export interface SignedNote {
  /** The signed text. It ends with a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** Four bytes that distinguish keys with the same name. */
  readonly keyId: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Ed25519 verification by the platform. */
export type VerifySignature = (
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => boolean | Promise<boolean>;

const ED25519 = 1;
const SIGNATURE_MARK = "— ";
const MAX_NOTE_LENGTH = 65_536;
const MAX_SIGNATURES = 100;

/** `<name>+<key id in hex>+<base64 of algorithm and key>`. */
export function encodeVerificationKey({ name, publicKey }: NoteKey): string {
  return `${name}+${keyId(name, publicKey)}+${base64(typed(publicKey))}`;
}

/**
 * The key from its vkey form. Null if the text is malformed, is for another algorithm, or contains an id that
 * doesn't match the key.
 */
export function parseVerificationKey(vkey: string): NoteKey | null {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
  const bytes = encoded ? fromBase64(encoded) : null;
  if (!name || bytes?.length !== 33 || bytes[0] !== ED25519) return null;
  const publicKey = bytes.slice(1);
  return keyId(name, publicKey) === id ? { name, publicKey } : null;
}

/** The note with `text` (which ends with a newline) and one signature of it. */
export function encodeNote(text: string, key: NoteKey, signature: Uint8Array): string {
  const signed = new Uint8Array(4 + signature.length);
  signed.set(keyHash(key.name, key.publicKey));
  signed.set(signature, 4);
  return `${text}\n${SIGNATURE_MARK}${key.name} ${base64(signed)}\n`;
}

/** The parts of a note. Null if the note is malformed. This function verifies nothing. */
export function parseNote(note: string): SignedNote | null {
  const gap = note.lastIndexOf("\n\n");
  if (note.length > MAX_NOTE_LENGTH || gap < 0 || !note.endsWith("\n") || CONTROL.test(note)) return null;
  const lines = note.slice(gap + 2, -1).split("\n");
  const signatures = lines.map(parseSignature);
  if (signatures.length > MAX_SIGNATURES || signatures.includes(null)) return null;
  return { text: note.slice(0, gap + 1), signatures: signatures.filter((s) => s !== null) };
}

/** The text of the note if `key` signed it, else null. */
export async function openNote(note: string, key: NoteKey, verify: VerifySignature): Promise<string | null> {
  const parsed = parseNote(note);
  const id = keyId(key.name, key.publicKey);
  const own = parsed?.signatures.filter((s) => s.name === key.name && s.keyId === id) ?? [];
  // A copy is made because platforms disagree about the buffer type that an encoder returns.
  const message = Uint8Array.from(new TextEncoder().encode(parsed?.text ?? ""));
  for (const { signature } of own) {
    if (signature.length !== 64 || !(await verify(key.publicKey, message, signature))) return null;
  }
  return own.length > 0 && parsed ? parsed.text : null;
}

function parseSignature(line: string): NoteSignature | null {
  const [, name, encoded] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [];
  const bytes = encoded ? fromBase64(encoded) : null;
  if (!name || !bytes || bytes.length < 5) return null;
  return { name, keyId: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
}

const keyId = (name: string, publicKey: Uint8Array): string => hex(keyHash(name, publicKey));

function keyHash(name: string, publicKey: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode(`${name}\n`);
  return sha256.create().update(prefix).update(typed(publicKey)).digest().slice(0, 4);
}

function typed(publicKey: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + publicKey.length);
  bytes[0] = ED25519;
  bytes.set(publicKey, 1);
  return bytes;
}

// Notes contain no control characters except the newline.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
