import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { type Keys, publicKeysOf } from "../state/keys.ts";
import type { Membership } from "../state/store.ts";
import type { HubConnection } from "./connection.ts";
import { rotationOf } from "./enrol.ts";
import { challengeAnswer, parseAnswer } from "./schemas.ts";

const MAX_BYTES = 64 * 1024;

/**
 * Offers the pending WireGuard and KEM keys to the hub. The keys come into use when the node's own record names them.
 */
export async function offerPendingKeys(
  crypto: CryptoProvider,
  connection: HubConnection,
  membership: Membership,
  keys: Keys,
): Promise<void> {
  const { pending } = keys;
  if (!pending) return;
  const post = (target: string, value: object) =>
    connection.call({
      method: "POST",
      target,
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(value)),
    });
  const answer = await post("/agent/v1/keys/challenge", { keys: publicKeysOf(keys, pending) });
  const challenge = parseAnswer(challengeAnswer, answer.body, MAX_BYTES);
  const statement = await rotationOf({
    crypto,
    keys,
    pending,
    challenge,
    node: membership.node,
    origin: membership.hub,
    now: Math.round(connection.hubNow()),
  });
  await post("/agent/v1/keys", statement);
}
