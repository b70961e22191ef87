import { base64url, fromBase64url } from "../../base/base64url.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { concat } from "../../crypto/bytes.ts";
import { hkdfSha256 } from "../../crypto/hkdf.ts";
import type {
  Bytes,
  ContextSigningKey,
  CryptoProvider,
  CryptoRefusal,
  DecapsulationKey,
} from "../../crypto/types.ts";
import { signStatement } from "./statement.ts";
import { transcript } from "./transcript.ts";
import type { HandshakeAnswer, HandshakeStatement, SignedStatement } from "./types.ts";

/**
 * A handshake takes one round trip. The node encapsulates to the hub's KEM key, so only the hub can read the session
 * key. The node signs this with its device key, so only the node can have asked. The hub's answer carries a MAC under
 * the session key, which proves the hub. The session key authenticates requests and answers. TLS keeps them secret on
 * the path.
 */

export interface StartedHandshake {
  readonly request: SignedStatement;
  /** 32 bytes. Use it only after `confirmed`. */
  readonly sessionKey: Bytes;
}

export async function startHandshake(
  crypto: CryptoProvider,
  hub: { readonly origin: string; readonly kem: Uint8Array },
  device: { readonly node: string; readonly signingKey: ContextSigningKey },
  moment: { readonly counter: number; readonly time: number },
): Promise<Result<StartedHandshake, CryptoRefusal>> {
  const encapsulated = await crypto.xWing.encapsulate(hub.kem);
  if (!encapsulated.ok) return encapsulated;
  const statement: HandshakeStatement = {
    node: device.node,
    counter: moment.counter,
    time: moment.time,
    nonce: base64url(crypto.random(16)),
    hubCiphertext: base64url(encapsulated.value.ciphertext),
  };
  const request = await signStatement("handshake", hub.origin, statement, device.signingKey);
  const sessionKey = await sessionKeyOf(crypto, encapsulated.value.sharedSecret, hub.origin, request);
  return ok({ request, sessionKey });
}

/** The hub's side of the handshake. The signature of the statement must be verified before. */
export async function acceptHandshake(
  crypto: CryptoProvider,
  hub: { readonly origin: string; readonly kem: DecapsulationKey },
  request: SignedStatement,
  statement: HandshakeStatement,
): Promise<Result<Bytes, CryptoRefusal>> {
  const ciphertext = fromBase64url(statement.hubCiphertext);
  if (!ciphertext) return err("MALFORMED_CIPHERTEXT");
  const shared = await hub.kem.decapsulate(ciphertext);
  if (!shared.ok) return shared;
  return ok(await sessionKeyOf(crypto, shared.value, hub.origin, request));
}

type Unconfirmed = Omit<HandshakeAnswer, "confirmation">;

/** The hub's MAC under the session key. It covers the whole answer except the capability. */
export async function confirm(
  crypto: Pick<CryptoProvider, "hmacSha256">,
  sessionKey: Uint8Array,
  answer: Unconfirmed,
): Promise<HandshakeAnswer> {
  const tag = await (await crypto.hmacSha256.key(sessionKey)).sign(confirmationOf(answer));
  return { ...answer, confirmation: base64url(tag) };
}

/** Whether the answer came from the holder of the hub's KEM key. */
export async function confirmed(
  crypto: Pick<CryptoProvider, "hmacSha256">,
  sessionKey: Uint8Array,
  answer: HandshakeAnswer,
): Promise<boolean> {
  const tag = fromBase64url(answer.confirmation);
  return tag !== null && (await crypto.hmacSha256.key(sessionKey)).verify(confirmationOf(answer), tag);
}

const confirmationOf = (answer: Unconfirmed): Bytes =>
  transcript(
    "handshake-confirmation",
    answer.ticket,
    answer.expiresAt,
    answer.hubTime,
    answer.pollSeconds,
    answer.telemetrySeconds,
  );

/**
 * Derives the session key. The statement contains the ciphertext, the nonce and the node, and it is the salt. So no two
 * sessions share a key.
 */
async function sessionKeyOf(
  crypto: Pick<CryptoProvider, "hmacSha256" | "sha256">,
  sharedSecret: Uint8Array,
  origin: string,
  request: SignedStatement,
): Promise<Bytes> {
  const statement = fromBase64url(request.statement) ?? new Uint8Array(0);
  return hkdfSha256(crypto.hmacSha256, {
    secret: sharedSecret,
    salt: await crypto.sha256(concat(transcript("handshake", origin, statement))),
    info: transcript("session"),
    length: 32,
  });
}
