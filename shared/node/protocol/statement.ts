import { base64url, fromBase64url } from "../../base/base64url.ts";
import { utf8 } from "../../crypto/bytes.ts";
import type { ContextSigningKey, CryptoProvider } from "../../crypto/types.ts";
import { label, transcript } from "./transcript.ts";
import type { SignedStatement } from "./types.ts";

export type StatementPurpose = "enroll" | "rotate" | "facts" | "handshake" | "device";

/**
 * Signs a statement of a device for the hub, or the auth host, at `origin`. The signature is not valid for another hub or another purpose.
 */
export async function signStatement(
  purpose: StatementPurpose,
  origin: string,
  document: object,
  key: ContextSigningKey,
): Promise<SignedStatement> {
  const bytes = utf8(JSON.stringify(document));
  const signature = await key.sign(transcript(purpose, origin, bytes), utf8(label(purpose)));
  return { statement: base64url(bytes), signature: base64url(signature) };
}

/**
 * Whether `publicKey` signed the statement. A statement names its signer, so the hub reads it first, with the strict
 * parser. Nothing in the statement counts before this function returned true.
 */
export async function verifyStatement(
  crypto: Pick<CryptoProvider, "composite">,
  purpose: StatementPurpose,
  origin: string,
  signed: SignedStatement,
  publicKey: Uint8Array,
): Promise<boolean> {
  const bytes = fromBase64url(signed.statement);
  const signature = fromBase64url(signed.signature);
  if (!bytes || !signature) return false;
  return crypto.composite.verify(
    publicKey,
    transcript(purpose, origin, bytes),
    signature,
    utf8(label(purpose)),
  );
}
