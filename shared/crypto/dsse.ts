import { base64 } from "../base/base64.ts";
import { err, ok, type Result } from "../base/result.ts";
import { concat, utf8 } from "./bytes.ts";
import { isName, parseEnvelope } from "./dsse-parse.ts";
import type { Bytes, ContextSignatureScheme, ContextSigningKey } from "./types.ts";

/**
 * Dead Simple Signing Envelope v1 (secure-systems-lab): signatures over the type and the exact bytes of a
 * payload. They are verified before anyone parses the payload, and the payload is never encoded again. Our
 * envelopes are signed with the composite scheme. Each envelope has exactly one encoding, so the same content
 * can't be written in two ways.
 */

/**
 * The context of the composite scheme. With it, a signature over an envelope is never valid for anything
 * else.
 */
const CONTEXT = utf8("rustronaut/v1/dsse");

export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
export const MAX_SIGNATURES = 16;

export interface EnvelopeSigner {
  readonly keyId: string;
  readonly key: ContextSigningKey;
}

export interface TrustedKeys {
  /** Public keys by their ids. An id is only a hint; only the key itself counts. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** How many different keys must have signed. At least 1. */
  readonly threshold: number;
  /** The required type of the payload. With it, a document of one kind is never accepted as another kind. */
  readonly payloadType: string;
}

export interface VerifiedPayload {
  readonly payload: Bytes;
  /** The ids of the known keys that signed. */
  readonly keyIds: readonly string[];
}

export type EnvelopeRefusal =
  | "ENVELOPE_TOO_LARGE"
  | "ENVELOPE_MALFORMED"
  | "ENVELOPE_WRONG_TYPE"
  | "ENVELOPE_DUPLICATE_KEY"
  | "ENVELOPE_UNKNOWN_KEY"
  | "ENVELOPE_WRONG_SIGNATURE"
  | "ENVELOPE_TOO_FEW_SIGNATURES";

/**
 * PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body. The lengths are bytes in decimal
 * digits.
 */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Bytes {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

/**
 * The JSON of the envelope in the form that is sent.
 *
 * @throws RangeError If the payload, the number of signatures or a name is larger than a receiver accepts.
 */
export async function signEnvelope(
  payloadType: string,
  payload: Uint8Array,
  signers: readonly EnvelopeSigner[],
): Promise<Bytes> {
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError("The payload is too large to be signed");
  if (signers.length < 1 || signers.length > MAX_SIGNATURES) {
    throw new RangeError(`An envelope has 1 to ${MAX_SIGNATURES} signatures, not ${signers.length}`);
  }
  if (!isName(payloadType) || !signers.every(({ keyId }) => isName(keyId))) {
    throw new RangeError("A payload type or key id is empty or too long");
  }
  const encoded = preAuthenticationEncoding(payloadType, payload);
  const signatures = await Promise.all(
    signers.map(async ({ keyId, key }) => ({
      keyid: keyId,
      sig: base64(await key.sign(encoded, CONTEXT)),
    })),
  );
  return utf8(JSON.stringify({ payload: base64(payload), payloadType, signatures }));
}

/**
 * The payload, if enough known keys signed it. Signatures by unknown keys are ignored, so that old and new
 * keys can sign a document at a rotation. One wrong signature by a known key refuses the whole envelope.
 *
 * @throws RangeError If the threshold is less than 1.
 */
export async function verifyEnvelope(
  composite: ContextSignatureScheme,
  envelope: Uint8Array,
  { keys, threshold, payloadType }: TrustedKeys,
): Promise<Result<VerifiedPayload, EnvelopeRefusal>> {
  if (!Number.isSafeInteger(threshold) || threshold < 1) throw new RangeError("A threshold is at least 1");
  const parsed = parseEnvelope(envelope, { maxPayload: MAX_PAYLOAD_BYTES, maxSignatures: MAX_SIGNATURES });
  if (!parsed.ok) return parsed;
  const { payload, signatures } = parsed.value;
  if (parsed.value.payloadType !== payloadType) return err("ENVELOPE_WRONG_TYPE");
  if (new Set(signatures.map(({ keyId }) => keyId)).size < signatures.length) {
    return err("ENVELOPE_DUPLICATE_KEY");
  }
  const known = signatures.flatMap(({ keyId, signature }) => {
    const publicKey = keys.get(keyId);
    return publicKey === undefined ? [] : [{ keyId, publicKey, signature }];
  });
  if (known.length === 0) return err("ENVELOPE_UNKNOWN_KEY");
  // One key with two ids counts once.
  if (new Set(known.map(({ publicKey }) => base64(publicKey))).size < threshold) {
    return err("ENVELOPE_TOO_FEW_SIGNATURES");
  }
  const encoded = preAuthenticationEncoding(payloadType, payload);
  for (const { publicKey, signature } of known) {
    if (!(await composite.verify(publicKey, encoded, signature, CONTEXT))) {
      return err("ENVELOPE_WRONG_SIGNATURE");
    }
  }
  return ok({ payload, keyIds: known.map(({ keyId }) => keyId) });
}
