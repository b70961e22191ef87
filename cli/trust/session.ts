import type { Client } from "../../shared/api/client.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type Chain, readChain } from "./chain.ts";
import type { OnlineKeys } from "./root.ts";
import { type TrustStore, trustStore } from "./store.ts";

/** A hub, what is known of its trust, and what of it is kept here. */
export interface TrustSession {
  readonly client: Client;
  readonly store: TrustStore;
  readonly chain: Chain;
}

export async function openTrust(app: App): Promise<TrustSession> {
  const { client } = await app.hub();
  const { data } = await client.call("trust.get");
  const store = trustStore(data.network, app.io.env);
  const chain = await readChain(client, store);
  if (chain.isFirstSight)
    app.note(
      `This machine sees the network's chain of trust for the first time. Compare its hash with another administrator's: ${chain.payloadHash}`,
    );
  return { client, store, chain };
}

/** The keys that the next root must name; never those of another network. */
export async function onlineKeys({
  client,
  store,
}: Pick<TrustSession, "client" | "store">): Promise<OnlineKeys> {
  const { data } = await client.call("trust.onlineKeys");
  if (data.network === store.network) return data;
  throw new Failure(EXIT.denied, "The hub changed its network in between", {
    detail: `It was ${store.network} and is ${data.network}.`,
  });
}
