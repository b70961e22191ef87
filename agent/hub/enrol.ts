import type * as z from "zod/mini";
import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import type { RootDocument } from "../../shared/node/config/types.ts";
import { sealEnrolmentSecret } from "../../shared/node/protocol/enrolment-secret.ts";
import { answerChallenge, provePossession } from "../../shared/node/protocol/possession.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import type {
  EnrollStatement,
  NodeFactsReport,
  ProvenStatement,
  PublicKeys,
  RotateStatement,
} from "../../shared/node/protocol/types.ts";
import { type KeyPairs, type Keys, publicKeysOf, seedBytesOf } from "../state/keys.ts";
import { HubAway } from "./http.ts";
import type { challengeAnswer } from "./schemas.ts";

/** The statements by which a node proves that it holds the keys that it names. */

type Challenge = z.infer<typeof challengeAnswer>;

export interface EnrolmentInput {
  readonly crypto: CryptoProvider;
  readonly keys: Keys;
  readonly origin: string;
  readonly root: RootDocument;
  /** The secret part of the key (`rnek_…`), without the hash of the root. */
  readonly secret: string;
  readonly challenge: Challenge;
  readonly hostname: string;
  readonly routes: readonly string[];
  readonly facts: NodeFactsReport;
  readonly now: number;
}

export async function enrolmentOf(input: EnrolmentInput): Promise<ProvenStatement> {
  const { crypto, keys, origin, challenge } = input;
  const sealed = await sealEnrolmentSecret(crypto, input.secret, {
    origin,
    hubKem: bytesOf(input.root.hubKem.publicKey),
    signingKey: keys.signing.publicKey,
  });
  if (!sealed.ok) throw new HubAway("The hub's KEM key is malformed");
  const statement: EnrollStatement = {
    keys: publicKeysOf(keys),
    challenge: challenge.challenge,
    hostname: input.hostname,
    routes: input.routes,
    facts: input.facts,
    time: input.now,
    hubCiphertext: base64url(sealed.value.hubCiphertext),
    sealedKey: base64url(sealed.value.sealed),
  };
  return prove(input, "enroll", statement, keys.current);
}

export interface RotationInput {
  readonly crypto: CryptoProvider;
  readonly keys: Keys;
  readonly pending: KeyPairs;
  readonly node: string;
  readonly origin: string;
  readonly challenge: Challenge;
  readonly now: number;
}

export async function rotationOf(input: RotationInput): Promise<ProvenStatement> {
  const publicKeys: PublicKeys = publicKeysOf(input.keys, input.pending);
  const statement: RotateStatement = {
    node: input.node,
    keys: publicKeys,
    challenge: input.challenge.challenge,
    time: input.now,
  };
  return prove(input, "rotate", statement, input.pending);
}

async function prove(
  { crypto, keys, origin, challenge }: Pick<EnrolmentInput, "crypto" | "keys" | "origin" | "challenge">,
  purpose: "enroll" | "rotate",
  document: object,
  pairs: KeyPairs,
): Promise<ProvenStatement> {
  const secret = await answerChallenge(crypto, seedBytesOf(pairs), {
    kemCiphertext: bytesOf(challenge.kemCiphertext),
    wireguardEphemeral: bytesOf(challenge.wireguardEphemeral),
  });
  if (!secret.ok) throw new HubAway(`The hub's challenge can't be answered: ${secret.error}`);
  const signed = await signStatement(purpose, origin, document, keys.signing);
  const proof = await provePossession(crypto, secret.value, bytesOf(signed.statement));
  return { ...signed, possession: base64url(proof) };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text);
  if (!bytes) throw new HubAway("The hub sent something that is not base64url");
  return bytes;
}
