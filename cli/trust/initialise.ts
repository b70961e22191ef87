import type { Client } from "../../shared/api/client.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { readChain } from "./chain.ts";
import { makeRootKey, nextRoot, type OnlineKeys, publicKeyOf, publish, signWith } from "./root.ts";
import type { RootKey, TrustStore } from "./store.ts";

const DEFAULT_VALIDITY_MS = 365 * 86_400_000;

export interface Initialised {
  readonly key: RootKey;
  readonly payloadHash: string;
}

/** Makes the root key, unless an interrupted attempt left one, and publishes the first root with it. */
export async function initialiseTrust(
  client: Client,
  hub: OnlineKeys,
  store: TrustStore,
  now: number,
  expiresAt = now + DEFAULT_VALIDITY_MS,
): Promise<Initialised> {
  await requireNoRoot(client, store);
  const key = (await store.keys())[0] ?? (await makeRootKey(store));
  const wish = {
    publicKeys: [await publicKeyOf(key)],
    threshold: 1,
    epoch: Math.max(1, hub.epoch),
    issuedAt: now,
    expiresAt,
  };
  const document = nextRoot(hub, wish, null);
  const { payloadHash } = await publish(client, store, await signWith([key], document, null));
  return { key, payloadHash: payloadHash ?? "" };
}

export async function requireNoRoot(client: Client, store: TrustStore): Promise<void> {
  const { newest } = await readChain(client, store);
  if (newest)
    throw new Failure(EXIT.conflict, "The network has a root of trust already", {
      detail: `It is at root ${newest.version}.`,
      hint: "See it with `rustronaut trust show`; replace it with `rustronaut trust rotate`.",
    });
}

/** What the person must know about the key that is now theirs alone. */
export const custodyText = ({ key }: Initialised): string =>
  `The root key is in ${key.path}, readable by you alone.
Back the file up now, offline, on two media. It is never sent to the hub. Without it the network can't change its keys
or be restored under a new epoch, and every node would have to join anew; whoever has it can speak for the network.
`;
