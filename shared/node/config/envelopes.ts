import { fromBase64url } from "../../base/base64url.ts";
import { ok, type Result } from "../../base/result.ts";
import { utf8 } from "../../crypto/bytes.ts";
import { verifyEnvelope } from "../../crypto/dsse.ts";
import type { Bytes, CryptoProvider } from "../../crypto/types.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { RoleKeys, RootDocument } from "./types.ts";

/** The purpose of a signature. A document of one kind can't pass for another kind. */
export const PAYLOAD_TYPES = {
  root: "application/vnd.rustronaut.root+json",
  head: "application/vnd.rustronaut.head+json",
} as const;

/** The cryptography that verification needs. */
export type Verifier = Pick<CryptoProvider, "composite">;

/** A role of a checked root. */
export interface Role {
  readonly keys: RootDocument["keys"];
  readonly role: RoleKeys;
}

/**
 * Gives the payload's bytes if enough keys of the role signed them.
 * @param where Names the envelope in a refusal.
 */
export async function openEnvelope(
  { composite }: Verifier,
  envelope: string,
  kind: keyof typeof PAYLOAD_TYPES,
  { keys, role }: Role,
  where: string,
): Promise<Result<Bytes, ConfigRefusal>> {
  const opened = await verifyEnvelope(composite, utf8(envelope), {
    keys: new Map(
      role.keyIds.map((id) => [id, fromBase64url(keys[id]?.publicKey ?? "") ?? new Uint8Array(0)]),
    ),
    threshold: role.threshold,
    payloadType: PAYLOAD_TYPES[kind],
  });
  return opened.ok ? ok(opened.value.payload) : refused(opened.error, where, SAID[opened.error]);
}

/** The greatest length of an envelope around `payload` bytes that carries the greatest number of signatures. */
export const maxEnvelopeLength = (payload: number): number => Math.ceil((payload * 4) / 3) + 17 * 5_600;

const SAID = {
  ENVELOPE_TOO_LARGE: "The envelope is larger than any that is taken.",
  ENVELOPE_MALFORMED: "It is no DSSE envelope in its only encoding.",
  ENVELOPE_WRONG_TYPE: "The envelope is for a document of another kind.",
  ENVELOPE_DUPLICATE_KEY: "One key signed twice.",
  ENVELOPE_UNKNOWN_KEY: "No key of the role signed it.",
  ENVELOPE_WRONG_SIGNATURE: "A signature, or one of its two halves, is missing or wrong.",
  ENVELOPE_TOO_FEW_SIGNATURES: "Fewer keys of the role signed it than its threshold.",
} as const;
