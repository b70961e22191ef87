import { readFile } from "node:fs/promises";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { NodeAgent } from "../core/node-agent.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { HubAddresses } from "../hub/addresses.ts";
import { firstHostOf, type Send, senderTo, type Way, wayTo } from "../hub/http.ts";
import { fingerprintOf, join } from "../hub/join.ts";
import { fetchRoots, type RootChain, storedRoots } from "../hub/trust.ts";
import { stderrLog } from "../log.ts";
import { type Keys, loadKeys } from "../state/keys.ts";
import { MEMBERSHIP_FILES, type Membership, type Settings } from "../state/store.ts";
import type { Machine } from "../tunnel/machine.ts";
import { type Context, openCrypto } from "./context.ts";

/** A machine that has joined a network, and its way to the hub. */
export interface Member {
  readonly crypto: CryptoProvider;
  readonly membership: Membership;
  readonly addresses: HubAddresses;
  readonly way: Way;
  readonly keys: Keys;
  readonly roots: RootChain;
}

/** Opens the agent of this machine. The machine joins first if it has not joined yet. */
export async function openAgent(context: Context, settings: Settings, machine: Machine): Promise<NodeAgent> {
  const { addresses, ...member } = await openMember(context, settings.advertise, () => machine.dropPeers());
  const { store } = context;
  return new NodeAgent({
    ...member,
    store,
    settings,
    log: stderrLog,
    machine,
    hubAddresses: () => addresses.all,
  });
}

/**
 * Opens what every agent needs. The machine joins first if it has not joined yet.
 * @param advertise The networks that the machine offers to forward to.
 * @param onUntrusted Runs before this fails because nothing proves any more who the peers are.
 */
export async function openMember(
  context: Context,
  advertise: readonly string[],
  onUntrusted: () => Promise<unknown>,
): Promise<Member> {
  const { store } = context;
  const crypto = await openCrypto();
  const membership = await membershipOf(context, advertise, crypto);
  const addresses = new HubAddresses(firstHostOf(membership.hub), store);
  await addresses.open();
  const way = wayTo(membership.hub, addresses.lookup);
  const keys = await knownKeys(context, crypto);
  const roots = await rootsOf(context, onUntrusted, membership, crypto, way.send);
  setInterval(() => void addresses.refresh(), 5 * 60_000).unref();
  return { crypto, membership, addresses, way, keys, roots };
}

/** A member that lost its keys can't prove who it is. New keys would belong to another machine. */
async function knownKeys({ store }: Context, crypto: CryptoProvider): Promise<Keys> {
  if ((await store.read("identity")) !== null) return loadKeys(store, crypto);
  throw new Failure(
    EXIT.failure,
    "state_damaged",
    `The file identity.json is gone from ${store.directory}`,
    `Put it back from a backup; or run \`rustronaut-agent down\`, remove ${store.directory} and enrol anew.`,
  );
}

/**
 * Reads the roots from the disk, or fetches them from the hub. Without roots, nothing proves that the peers may stay.
 */
async function rootsOf(
  { store }: Context,
  onUntrusted: () => Promise<unknown>,
  membership: Membership,
  crypto: CryptoProvider,
  send: Send,
): Promise<RootChain> {
  const stored = await storedRoots(store, crypto);
  if (stored) {
    const pin = membership.pin ?? (await store.recall("roots"))?.pin;
    if (pin !== undefined && membership.pin === undefined)
      await store.keep("membership", { ...membership, pin });
    return stored;
  }
  try {
    if (membership.pin !== undefined) return await fetchRoots(store, crypto, send, membership.pin);
  } catch (error) {
    await onUntrusted();
    throw error;
  }
  throw new Failure(EXIT.failure, "state_damaged", "The trusted roots are gone", "Enrol anew.");
}

async function membershipOf(
  context: Context,
  advertise: readonly string[],
  crypto: CryptoProvider,
): Promise<Membership> {
  const { store, line } = context;
  const key = await enrolmentKey(context);
  // With an enrolment key, the hub can tell again which node this machine is.
  const known = await (key === null ? store.read("membership") : store.recall("membership"));
  if (known && known.ended === null) {
    if (line.up.hub !== null && line.up.hub !== known.hub)
      throw new Failure(
        EXIT.conflict,
        "other_hub",
        `This machine is a node of ${known.hub}`,
        "Run `rustronaut-agent logout` first, or give this network its own --state-dir and --interface.",
      );
    return known;
  }
  // A revoked node must not come back through a key that is still in the settings of the service.
  if (known && (key === null || (await fingerprintOf(crypto, key)) === known.joinedWith))
    throw new Failure(
      EXIT.refused,
      "membership_ended",
      `The hub has ended this node's membership (${known.ended})`,
      "Join again with --key and another enrolment key.",
    );
  const origin = line.up.hub ?? known?.hub ?? null;
  if (origin === null || key === null)
    throw new Failure(
      EXIT.usage,
      "not_enrolled",
      "This machine has not joined a network yet",
      `Run \`rustronaut-agent ${line.words[0]} --hub https://hub.example.com --key rnek_…\`; the key comes from \`rustronaut keys create\`.`,
    );
  // A new membership begins with new keys.
  if (known) await store.remove(...MEMBERSHIP_FILES);
  const request = {
    origin,
    enrolmentKey: key,
    hostname: line.up.hostname,
    advertise,
  };
  const joined = await join(store, crypto, senderTo(origin), request, Date.now);
  stderrLog.info(`Joined ${joined.network} as ${joined.name} (${joined.node})`);
  return joined;
}

/** Takes the key from --key, --key-file or RUSTRONAUT_KEY. The last two keep the key out of the list of processes. */
async function enrolmentKey({ line }: Context): Promise<string | null> {
  const { key, keyFile } = line.up;
  if (key !== null) return key;
  if (keyFile !== null) return (await readFile(keyFile, "utf8")).trim();
  return process.env.RUSTRONAUT_KEY || null;
}
