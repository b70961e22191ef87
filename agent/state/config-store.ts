import { base64url } from "../../shared/base/base64url.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import type { AppliedConfig } from "../../shared/node/config/accept.ts";
import { reopenConfig } from "../../shared/node/config/accept.ts";
import type { OwnFacts } from "../../shared/node/config/check-config.ts";
import { compareSerials } from "../../shared/node/config/serial.ts";
import type { Serial } from "../../shared/node/config/types.ts";
import type { RootChain } from "../hub/trust.ts";
import { type Keys, publicKeysOf } from "./keys.ts";
import type { Membership, Store, StoredConfig } from "./store.ts";

/** The configs on the disk: the last good config, and a config whose apply has not ended yet. */

export const toStored = (config: AppliedConfig, exitNode: string | null): StoredConfig => ({
  serial: config.serial,
  manifest: config.manifestHash,
  proof: config.proof,
  exitNode,
  objects: [...config.objects.values()].map(({ bytes }) => base64url(bytes)),
});

/** The facts that the node believes, whatever the hub says. */
export async function ownFacts(
  crypto: CryptoProvider,
  membership: Membership,
  keys: Keys,
  exitNode: string | null,
): Promise<OwnFacts> {
  const signing = base64url(await crypto.sha256(keys.signing.publicKey));
  const pairs = keys.pending ? [keys.current, keys.pending] : [keys.current];
  return {
    node: membership.node,
    network: membership.network,
    keys: pairs.map((pair) => {
      const { wireguard, kem } = publicKeysOf(keys, pair);
      return { wireguard, kem, signing };
    }),
    exitNode,
  };
}

export interface Reopened {
  /** The newest accepted config. The node puts it in force first. */
  readonly next: AppliedConfig | null;
  /** The last config that was applied without a fault. */
  readonly good: AppliedConfig | null;
  /** Why a stored config is not valid any longer, or null. */
  readonly fault: string | null;
  /** The node takes no config older than this, even when the config with this serial can't be read any more. */
  readonly floor: Serial | null;
}

/** Verifies the configs on the disk again, except their time. */
export async function reopenConfigs(
  store: Store,
  crypto: CryptoProvider,
  chain: RootChain,
  own: OwnFacts,
): Promise<Reopened> {
  const stored = { good: await store.recall("config"), next: await store.recall("next") };
  let fault: string | null = null;
  const open = async (config: StoredConfig | null): Promise<AppliedConfig | null> => {
    if (!config) return null;
    const { proof, objects } = config;
    const opened = await reopenConfig(
      crypto,
      chain,
      { proof, objects },
      { ...own, exitNode: config.exitNode },
    );
    if (opened.ok) return opened.value.applied;
    fault = `${opened.error.code} ${opened.error.where}: ${opened.error.detail}`;
    return null;
  };
  const good = await open(stored.good);
  const next = await open(stored.next);
  const serials = [stored.good, stored.next].flatMap((config) => (config ? [config.serial] : []));
  const floor = serials.sort(compareSerials).at(-1) ?? null;
  return { next, good, fault, floor };
}
