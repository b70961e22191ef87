import { base64url } from "../../base/base64url.ts";
import { type EnvelopeSigner, signEnvelope } from "../../crypto/dsse.ts";
import type { ContextSigningKey, CryptoProvider } from "../../crypto/types.ts";
import { PAYLOAD_TYPES } from "./envelopes.ts";
import { encode } from "./object.ts";
import { checkRoot, keyIdOf } from "./root-check.ts";
import { COMPOSITE_SCHEME, KEM_SCHEME, type RootDocument } from "./types.ts";

/** Makes roots on the machine of an administrator, which has the root keys. The hub never makes roots. */

export interface RoleWish {
  readonly publicKeys: readonly Uint8Array[];
  readonly threshold: number;
}

export interface RootWish {
  readonly network: string;
  readonly root: RoleWish;
  readonly online: RoleWish;
  readonly hubKem: Uint8Array;
  readonly overlay: RootDocument["overlay"];
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The epoch is raised after a restore from a backup. */
  readonly epoch: number;
}

/**
 * Makes the root that follows `previous`, or the first root.
 * @throws RangeError when no node would accept the root.
 */
export function makeRoot(wish: RootWish, previous: RootDocument | null): RootDocument {
  const keys = [...wish.root.publicKeys, ...wish.online.publicKeys].map(
    (key) => [keyIdOf(key), { scheme: COMPOSITE_SCHEME, publicKey: base64url(key) }] as const,
  );
  const role = ({ publicKeys, threshold }: RoleWish) => ({
    keyIds: publicKeys.map(keyIdOf).sort(),
    threshold,
  });
  const document: RootDocument = {
    type: "root",
    network: wish.network,
    version: (previous?.version ?? 0) + 1,
    epoch: wish.epoch,
    issuedAt: wish.issuedAt,
    expiresAt: wish.expiresAt,
    keys: Object.fromEntries(keys),
    roles: { root: role(wish.root), online: role(wish.online) },
    hubKem: { scheme: KEM_SCHEME, publicKey: base64url(wish.hubKem) },
    overlay: wish.overlay,
  };
  const fault = checkRoot(document);
  if (fault) throw new RangeError(fault.detail);
  if (previous && previous.epoch > wish.epoch) throw new RangeError("The epoch must not decrease");
  return document;
}

/** @param signers Enough holders of the root role of the new root and of the former root. */
export async function signRoot(document: RootDocument, signers: readonly EnvelopeSigner[]): Promise<string> {
  return new TextDecoder().decode(await signEnvelope(PAYLOAD_TYPES.root, encode(document), signers));
}

/** @throws RangeError for a seed of the wrong length. */
export async function signerFromSeed(
  { composite }: Pick<CryptoProvider, "composite">,
  seed: Uint8Array,
): Promise<EnvelopeSigner> {
  return signerOf(await composite.key(seed));
}

const signerOf = (key: ContextSigningKey): EnvelopeSigner => ({ keyId: keyIdOf(key.publicKey), key });
