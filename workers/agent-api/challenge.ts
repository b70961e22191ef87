import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import { concat, utf8 } from "../../shared/crypto/bytes.ts";
import type { Bytes } from "../../shared/crypto/types.ts";
import { issueChallenge, possessionHolds } from "../../shared/node/protocol/possession.ts";
import { challengeRequest } from "../../shared/node/protocol/schemas.ts";
import { transcript } from "../../shared/node/protocol/transcript.ts";
import {
  CHALLENGE_LIFETIME_MS,
  type ChallengeAnswer,
  type PublicKeys,
} from "../../shared/node/protocol/types.ts";
import type { Statement } from "../../shared/registry/mesh-change.ts";
import { type MeshKeys, meshKeys } from "../mesh/keys.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { bytesOf, readDocument } from "./body.ts";

const NONCE = 12;
const MAX_BYTES = 8 * 1024;

/**
 * Answers a request for a challenge. The hub seals what it must know later, so it stores nothing for a node that never
 * returns.
 */
export async function challenge(bindings: Bindings, body: Uint8Array, now: number): Promise<ChallengeAnswer> {
  const { keys } = readDocument(challengeRequest, body, MAX_BYTES);
  const mesh = await meshKeys(bindings);
  const issued = await issueChallenge(mesh.crypto, {
    wireguard: bytesOf(keys.wireguard, "/keys/wireguard"),
    kem: bytesOf(keys.kem, "/keys/kem"),
  });
  if (!issued.ok)
    return throwRefusal("invalid_input", `/keys: a key is not usable (${issued.error}). Make new keys.`);
  const { secret, kemCiphertext, wireguardEphemeral } = issued.value;
  const expiresAt = now + CHALLENGE_LIFETIME_MS;
  return {
    challenge: await sealed(mesh, expiresAt, keys, secret),
    kemCiphertext: base64url(kemCiphertext),
    wireguardEphemeral: base64url(wireguardEphemeral),
    expiresAt,
    hubTime: now,
  };
}

/** Identifies a challenge that was answered. */
export interface Answered {
  readonly hash: string;
  readonly expiresAt: number;
}

/** Refuses unless the statement cites a challenge for exactly these keys, and answers the challenge. */
export async function requirePossession(
  bindings: Bindings,
  statement: Uint8Array,
  cited: { readonly challenge: string; readonly keys: PublicKeys },
  possession: string,
  now: number,
): Promise<Answered> {
  const mesh = await meshKeys(bindings);
  const opened = await unsealed(mesh, cited.challenge, cited.keys);
  if (!opened)
    return throwRefusal("possession_not_proven", "The challenge is not this hub's, or for other keys.");
  if (opened.expiresAt <= now)
    throwRefusal("challenge_expired", "Ask for a new challenge and answer it in time.");
  const proof = bytesOf(possession, "/possession");
  if (!(await possessionHolds(mesh.crypto, opened.secret, statement, proof))) {
    throwRefusal("possession_not_proven", "The answer does not show that you hold both private keys.");
  }
  return { hash: hashSecret(cited.challenge), expiresAt: opened.expiresAt };
}

/**
 * The statement that marks a challenge as used. It stands in the transaction of the answer's effect. The second use
 * fails by the key `used_challenges.hash`.
 */
export const spendChallenge = ({ hash, expiresAt }: Answered): Statement => [
  "INSERT INTO used_challenges (hash, expires_at) VALUES (?, ?)",
  hash,
  expiresAt,
];

export const forgetChallenges = (now: number): Statement => [
  "DELETE FROM used_challenges WHERE expires_at < ?",
  now,
];

/** The associated data binds the keys, so that the challenge stays short. */
const boundTo = (keys: PublicKeys): Bytes => transcript("possession", keys.signing, keys.wireguard, keys.kem);

async function sealed(
  { crypto, challenges }: MeshKeys,
  expiresAt: number,
  keys: PublicKeys,
  secret: Bytes,
): Promise<string> {
  const nonce = crypto.random(NONCE);
  const text = utf8(JSON.stringify([expiresAt, base64url(secret)]));
  return base64url(concat(nonce, await challenges.seal(nonce, text, boundTo(keys))));
}

async function unsealed(
  { challenges }: MeshKeys,
  text: string,
  keys: PublicKeys,
): Promise<{ readonly expiresAt: number; readonly secret: Bytes } | null> {
  const bytes = fromBase64url(text);
  if (!bytes || bytes.length <= NONCE) return null;
  const opened = await challenges.open(bytes.subarray(0, NONCE), bytes.subarray(NONCE), boundTo(keys));
  if (!opened.ok) return null;
  const [expiresAt, secret] = JSON.parse(new TextDecoder().decode(opened.value)) as [number, string];
  const secretBytes = fromBase64url(secret);
  return secretBytes && { expiresAt, secret: secretBytes };
}
