import { fromBase64url } from "../../shared/base/base64url.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import type { ConfigRefusal } from "../../shared/node/config/refusals.ts";
import { verifyRootChain } from "../../shared/node/config/root.ts";
import type { RootDocument } from "../../shared/node/config/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Roots, Store } from "../state/store.ts";
import type { Send } from "./http.ts";
import { refusalOf } from "./refusal.ts";
import { parseAnswer, trustAnswer } from "./schemas.ts";
import type { HubIdentity } from "./session.ts";

export type RootChain = readonly [RootDocument, ...RootDocument[]];

/** The roots on the disk, verified from the pinned one. Null when there are none, or when the chain is damaged. */
export async function storedRoots(store: Store, crypto: CryptoProvider): Promise<RootChain | null> {
  const roots = await store.recall("roots");
  if (!roots) return null;
  const chain = await verifyRootChain(crypto, roots.envelopes, { hash: roots.pin }, null);
  if (!chain.ok) throw configFailure(chain.error);
  return chain.value;
}

/**
 * Fetches the roots from the hub, and verifies them from the root that was pinned at enrolment.
 * @throws HubAway, Failure.
 */
export async function fetchRoots(
  store: Store,
  crypto: CryptoProvider,
  send: Send,
  pin: string,
): Promise<RootChain> {
  const answer = await send({
    method: "GET",
    target: "/agent/v1/trust",
    timeoutMs: TRUST_TIMEOUT_MS,
    maxBytes: MAX_TRUST_BYTES,
  });
  if (answer.status !== 200) throw refusalOf(answer, false);
  const { roots } = parseAnswer(trustAnswer, answer.body, MAX_TRUST_BYTES);
  const chain = await verifyRootChain(crypto, roots, { hash: pin }, null);
  if (!chain.ok) throw configFailure(chain.error);
  await store.keep("roots", { pin, envelopes: roots });
  return chain.value;
}

const TRUST_TIMEOUT_MS = 20_000;
export const MAX_TRUST_BYTES = 8 * 1024 * 1024;

export async function addRoots(store: Store, envelopes: readonly string[]): Promise<void> {
  const roots = await store.recall("roots");
  // Without the older roots, nothing is written. The next start asks the hub for all roots.
  if (!roots) return;
  const known = new Set(roots.envelopes);
  const added: Roots = {
    ...roots,
    envelopes: [...roots.envelopes, ...envelopes.filter((envelope) => !known.has(envelope))],
  };
  await store.keep("roots", added);
}

export function hubOf(origin: string, root: RootDocument): HubIdentity {
  const kem = fromBase64url(root.hubKem.publicKey);
  if (!kem) throw new Error("The root's KEM key is malformed");
  return { origin, kem };
}

export const configFailure = ({ code, where, detail, remedy }: ConfigRefusal): Failure =>
  new Failure(EXIT.invalid, code, `${where}: ${detail}`, remedy);
