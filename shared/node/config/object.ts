import { sha256 } from "@noble/hashes/sha2.js";
import { base64url, fromBase64url } from "../../base/base64url.ts";
import { ok, type Result } from "../../base/result.ts";
import { type Writer, writerOf } from "./encoding.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import { SCHEMAS } from "./schemas.ts";
import { parseStrictJson } from "./strict-json.ts";
import type {
  ComponentDocument,
  HeadDocument,
  LeafDocument,
  LegDocument,
  ManifestDocument,
  ObjectHash,
  PeerDocument,
  RecordDocument,
  RootDocument,
} from "./types.ts";

/** The objects, both as bytes and as documents. */

export interface Documents {
  readonly root: RootDocument;
  readonly head: HeadDocument;
  readonly leaf: LeafDocument;
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  readonly peer: PeerDocument;
  readonly record: RecordDocument;
  readonly leg: LegDocument;
}
export type DocumentType = keyof Documents;
export type AnyDocument = Documents[DocumentType];

/** A document with its bytes and the hash that names it. */
export interface Addressed<T extends AnyDocument = AnyDocument> {
  readonly hash: ObjectHash;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly document: T;
}

const encoder = new TextEncoder();

const writers = Object.fromEntries(
  Object.entries(SCHEMAS).map(([type, schema]) => [type, writerOf(schema)]),
) as Readonly<Record<DocumentType, Writer>>;

/**
 * The bytes that are signed or hashed: the members of the schema in the order of the schema. Throws on any other
 * member.
 */
export function encode(document: AnyDocument): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(encoder.encode(writers[document.type](document)));
}

export const hashOf = (bytes: Uint8Array): ObjectHash => base64url(sha256(bytes));

export function addressed<T extends AnyDocument>(document: T): Addressed<T> {
  const bytes = encode(document);
  return { hash: hashOf(bytes), bytes, document };
}

/**
 * Reads received bytes as a document of `type`.
 * @param where Names the document in a refusal.
 */
export function decode<T extends DocumentType>(
  type: T,
  bytes: Uint8Array,
  where: string,
  maxBytes: number,
): Result<Documents[T], ConfigRefusal> {
  if (bytes.length > maxBytes)
    return refused("OBJECT_TOO_LARGE", where, `It has more than ${maxBytes} bytes.`);
  const json = parseStrictJson(bytes, maxBytes);
  if (!json.ok) return refused("NOT_STRICT_JSON", where, `${json.error.reason}, at ${json.error.at}.`);
  const { value } = json;
  const found = value !== null && typeof value === "object" && "type" in value ? value.type : undefined;
  if (found !== type) return refused("OBJECT_WRONG_TYPE", where, `It is no ${type}.`);
  const checked = SCHEMAS[type].safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return refused("INVALID_SHAPE", where, `${issue?.path.join(".") || "It"}: ${issue?.message}`);
  }
  return ok(checked.data as Documents[T]);
}

/** Null unless `text` is base64url of at most `maxBytes`. The length is checked before anything is decoded. */
export const decodeBounded = (text: string, maxBytes: number): Uint8Array<ArrayBuffer> | null =>
  text.length > Math.ceil((maxBytes * 4) / 3) ? null : fromBase64url(text);
