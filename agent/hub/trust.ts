import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { fromBase64url } from "../../shared/encoding.ts";
import type { ConfigRefusal } from "../../shared/node-config/refusals.ts";
import { verifyRootChain } from "../../shared/node-config/root.ts";
import type { RootDocument } from "../../shared/node-config/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Roots, Store } from "../state/store.ts";
import type { HubIdentity } from "./session.ts";

export type RootChain = readonly [RootDocument, ...RootDocument[]];

/** The roots on disk, verified from the pinned one; null on a machine that never enrolled. */
export async function storedRoots(store: Store, crypto: CryptoProvider): Promise<RootChain | null> {
  const roots = await store.read("roots");
  if (!roots) return null;
  const chain = await verifyRootChain(crypto, roots.envelopes, { hash: roots.pin }, null);
  if (!chain.ok) throw configFailure(chain.error);
  return chain.value;
}

export async function addRoots(store: Store, envelopes: readonly string[]): Promise<void> {
  const roots = await store.read("roots");
  if (!roots) throw new Error("There is no root to go on from");
  const known = new Set(roots.envelopes);
  const added: Roots = {
    ...roots,
    envelopes: [...roots.envelopes, ...envelopes.filter((envelope) => !known.has(envelope))],
  };
  await store.write("roots", added);
}

export function hubOf(origin: string, root: RootDocument): HubIdentity {
  const kem = fromBase64url(root.hubKem.publicKey);
  if (!kem) throw new Error("The root's KEM key is malformed");
  return { origin, kem };
}

export const configFailure = ({ code, where, detail, remedy }: ConfigRefusal): Failure =>
  new Failure(EXIT.invalid, code, `${where}: ${detail}`, remedy);
