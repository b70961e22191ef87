import type { Client } from "../../shared/api/client.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { fromBase64url } from "../../shared/base/base64url.ts";
import { type EnvelopeSigner, signEnvelope } from "../../shared/crypto/dsse.ts";
import { PAYLOAD_TYPES } from "../../shared/node/config/envelopes.ts";
import { decode } from "../../shared/node/config/object.ts";
import { makeRoot, signerFromSeed, signRoot } from "../../shared/node/config/root-signing.ts";
import { LIMITS, type RootDocument } from "../../shared/node/config/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { payloadOf } from "./chain.ts";
import { cryptoProvider } from "./provider.ts";
import type { RootKey, TrustStore } from "./store.ts";

export type OnlineKeys = Answer<"trust.onlineKeys">;

/** What the next root says that is not the hub's to say. */
export interface RootWish {
  readonly publicKeys: readonly Uint8Array[];
  readonly threshold: number;
  readonly epoch: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The root after `previous`, around the keys that the hub has now. */
export function nextRoot(hub: OnlineKeys, wish: RootWish, previous: RootDocument | null): RootDocument {
  try {
    return makeRoot(
      {
        network: hub.network,
        root: { publicKeys: wish.publicKeys, threshold: wish.threshold },
        online: { publicKeys: [bytesOf(hub.online.publicKey)], threshold: 1 },
        hubKem: bytesOf(hub.hubKem.publicKey),
        overlay: hub.overlay,
        issuedAt: wish.issuedAt,
        expiresAt: wish.expiresAt,
        epoch: wish.epoch,
      },
      previous,
    );
  } catch (error) {
    if (error instanceof RangeError)
      throw new Failure(EXIT.usage, "No node would take such a root", { detail: error.message });
    throw error;
  }
}

/** A new root key, stored before anything depends on it. */
export async function makeRootKey(store: TrustStore): Promise<RootKey> {
  const provider = await cryptoProvider();
  const seed = provider.random(provider.composite.lengths.seed);
  const { keyId } = await signerFromSeed(provider, seed);
  return { keyId, seed, path: await store.addKey(keyId, seed) };
}

const signerOf = async ({ seed }: RootKey): Promise<EnvelopeSigner> =>
  signerFromSeed(await cryptoProvider(), seed);

export const publicKeyOf = async (key: RootKey): Promise<Uint8Array> => (await signerOf(key)).key.publicKey;

/** Public keys of the root role. */
export const rootKeysOf = ({ keys, roles }: RootDocument): Uint8Array[] =>
  roles.root.keyIds.map((id) => bytesOf(keys[id]?.publicKey ?? ""));

/** Signs with those of the keys that the root or the one before it names. */
export async function signWith(
  keys: readonly RootKey[],
  document: RootDocument,
  previous: RootDocument | null,
): Promise<string> {
  const signers = await Promise.all(signersAmong(keys, document, previous).map(signerOf));
  if (signers.length > 0) return signRoot(document, signers);
  throw new Failure(EXIT.failure, "No root key of this network is on this machine", {
    hint: "Run it where the key is, or put the key's file back from its backup.",
  });
}

const signersAmong = (
  keys: readonly RootKey[],
  document: RootDocument,
  previous: RootDocument | null,
): readonly RootKey[] => {
  const named = new Set([...document.roles.root.keyIds, ...(previous?.roles.root.keyIds ?? [])]);
  return keys.filter(({ keyId }) => named.has(keyId));
};

/** The same envelope with more signatures; the signed bytes stay as they are. */
export async function addSignatures(
  envelope: string,
  keys: readonly RootKey[],
  document: RootDocument,
  previous: RootDocument | null,
): Promise<string> {
  const { payload, signatures } = payloadOf(envelope);
  const done = new Set(signatures.map(({ keyId }) => keyId));
  const fresh = signersAmong(keys, document, previous).filter(({ keyId }) => !done.has(keyId));
  if (fresh.length === 0)
    throw new Failure(EXIT.failure, "No key on this machine is wanted for it", {
      detail: `Signed so far by ${[...done].join(", ")}.`,
    });
  const signers = await Promise.all(fresh.map(signerOf));
  const added = JSON.parse(
    new TextDecoder().decode(await signEnvelope(PAYLOAD_TYPES.root, payload, signers)),
  );
  const before = JSON.parse(envelope);
  return JSON.stringify({ ...before, signatures: [...before.signatures, ...added.signatures] });
}

/** What is missing until nodes take it, in words; empty when nothing is. Counts signatures, does not verify them. */
export function missingSignatures(
  envelope: string,
  document: RootDocument,
  previous: RootDocument | null,
): string[] {
  const signed = new Set(payloadOf(envelope).signatures.map(({ keyId }) => keyId));
  return [previous, document].flatMap((root) => {
    if (!root) return [];
    const { keyIds, threshold } = root.roles.root;
    const lacking = threshold - keyIds.filter((id) => signed.has(id)).length;
    const others = keyIds.filter((id) => !signed.has(id)).join(", ");
    return lacking > 0 ? [`${lacking} more of root ${root.version}'s keys (${others})`] : [];
  });
}

/** What a draft says, which nobody vouches for yet. */
export function readDraft(envelope: string): RootDocument {
  const decoded = decode("root", payloadOf(envelope).payload, "the draft", LIMITS.rootBytes);
  if (decoded.ok) return decoded.value;
  throw new Failure(EXIT.denied, "That is no root document", {
    code: decoded.error.code,
    detail: decoded.error.detail,
  });
}

/** Publishes a root and remembers the chain with it. */
export async function publish(
  client: Client,
  store: TrustStore,
  envelope: string,
): Promise<Answer<"trust.get">> {
  const { data } = await client.call("trust.addRoot", { body: { envelope } });
  await store.keepChain(data.roots);
  return data;
}

/** Deletes the keys here that the newest root has replaced: they could only still be misused. */
export async function retireKeys(store: TrustStore, newest: RootDocument): Promise<readonly RootKey[]> {
  const retired = (await store.keys()).filter(({ keyId }) => !newest.roles.root.keyIds.includes(keyId));
  for (const key of retired) await store.removeKey(key);
  return retired;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text);
  if (bytes) return bytes;
  throw new Failure(EXIT.denied, "A key is not in base64url");
}
