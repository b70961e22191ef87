import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import type { ContextSigningKey, CryptoProvider } from "../../shared/crypto/types.ts";
import type { PublicKeys } from "../../shared/node/protocol/types.ts";
import { wgText } from "../tunnel/wg-text.ts";
import type { Identity, KeySeeds, Store } from "./store.ts";

/** The keys of the node that are in use. Their seeds never leave the machine. */
export interface Keys {
  readonly identity: Identity;
  readonly signing: ContextSigningKey;
  readonly current: KeyPairs;
  readonly pending: KeyPairs | null;
}

/** The WireGuard and KEM keys, with public halves in base64url. */
export interface KeyPairs {
  readonly seeds: KeySeeds;
  readonly wireguard: string;
  readonly kem: string;
}

const seedOf = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = fromBase64url(text);
  if (!bytes) throw new Error("A key in the state directory is damaged");
  return bytes;
};

/** Loads the machine's identity. If there is none, it makes one and writes it to the disk. */
export async function loadKeys(store: Store, crypto: CryptoProvider): Promise<Keys> {
  const known = await store.read("identity");
  if (known) return openKeys(crypto, known);
  const identity: Identity = {
    signing: base64url(crypto.random(crypto.composite.lengths.seed)),
    ...newSeeds(crypto),
    pending: null,
  };
  await store.write("identity", identity);
  return openKeys(crypto, identity);
}

/**
 * Gives the pending keys of a rotation that has begun, or makes new ones. They are on the disk before the hub hears of
 * them.
 */
export async function prepareRotation(store: Store, crypto: CryptoProvider, keys: Keys): Promise<Keys> {
  if (keys.pending) return keys;
  const identity = { ...keys.identity, pending: newSeeds(crypto) };
  await store.write("identity", identity);
  return openKeys(crypto, identity);
}

/**
 * Makes the pending keys the current ones. If the file can't be replaced, it stays as it is: it holds both pairs, and
 * the node's record says which pair counts.
 */
export async function finishRotation(store: Store, crypto: CryptoProvider, keys: Keys): Promise<Keys> {
  if (!keys.pending) return keys;
  const identity = { ...keys.identity, ...keys.pending.seeds, pending: null };
  await store.keep("identity", identity);
  return openKeys(crypto, identity);
}

export const publicKeysOf = (keys: Keys, pairs: KeyPairs = keys.current): PublicKeys => ({
  signing: base64url(keys.signing.publicKey),
  wireguard: pairs.wireguard,
  kem: pairs.kem,
});

/** The seeds as bytes. They serve to prove that the node holds the keys. */
export const seedBytesOf = (pairs: KeyPairs) => ({
  wireguard: seedOf(pairs.seeds.wireguard),
  kem: seedOf(pairs.seeds.kem),
});

/** The base64 private key for a base64 public key, as `wg` wants it. */
export async function privateKeyFor(keys: Keys, publicKey: string): Promise<string> {
  const pairs = [keys.current, keys.pending].find((pair) => pair && wgText(pair.wireguard) === publicKey);
  if (!pairs) throw new Error("The tunnel should use a key that this machine does not have");
  return Buffer.from(seedOf(pairs.seeds.wireguard)).toString("base64");
}

const newSeeds = (crypto: CryptoProvider): KeySeeds => ({
  wireguard: base64url(crypto.random(crypto.x25519.lengths.seed)),
  kem: base64url(crypto.random(crypto.xWing.lengths.seed)),
});

async function openKeys(crypto: CryptoProvider, identity: Identity): Promise<Keys> {
  return {
    identity,
    signing: await crypto.composite.key(seedOf(identity.signing)),
    current: await pairsOf(crypto, identity),
    pending: identity.pending && (await pairsOf(crypto, identity.pending)),
  };
}

async function pairsOf(crypto: CryptoProvider, { wireguard, kem }: KeySeeds): Promise<KeyPairs> {
  return {
    seeds: { wireguard, kem },
    wireguard: base64url((await crypto.x25519.key(seedOf(wireguard))).publicKey),
    kem: base64url((await crypto.xWing.key(seedOf(kem))).publicKey),
  };
}
