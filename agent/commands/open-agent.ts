import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { senderTo } from "../hub/http.ts";
import { fingerprintOf, join } from "../hub/join.ts";
import { storedRoots } from "../hub/trust.ts";
import { stderrLog } from "../log.ts";
import { NodeAgent } from "../node-agent.ts";
import { loadKeys } from "../state/keys.ts";
import { MEMBERSHIP_FILES, type Membership, type Settings } from "../state/store.ts";
import { type Context, openCrypto } from "./context.ts";

/** The agent of this machine, which joins first if it has not joined yet. */
export async function openAgent(context: Context, settings: Settings): Promise<NodeAgent> {
  const { store } = context;
  const crypto = await openCrypto();
  const membership = await membershipOf(context, settings, crypto);
  const roots = await storedRoots(store, crypto);
  if (!roots) throw new Failure(EXIT.failure, "state_damaged", "The trusted roots are gone", "Enrol anew.");
  let bypass = await addressesOf(membership.hub);
  const refresh = setInterval(() => {
    void addressesOf(membership.hub).then((found) => {
      if (found.length > 0) bypass = found;
    });
  }, 5 * 60_000);
  refresh.unref();
  return new NodeAgent({
    store,
    crypto,
    membership,
    settings,
    roots,
    send: senderTo(membership.hub),
    log: stderrLog,
    keys: await loadKeys(store, crypto),
    bypass: () => bypass,
  });
}

async function membershipOf(
  context: Context,
  settings: Settings,
  crypto: Awaited<ReturnType<typeof openCrypto>>,
): Promise<Membership> {
  const { store, line } = context;
  const known = await store.read("membership");
  const key = await enrolmentKey(context);
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
  // A key that is still in the service's settings must not bring a revoked node back.
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
      "Run `rustronaut-agent up --hub https://hub.example.com --key rnek_…`; the key comes from `rustronaut keys create`.",
    );
  // A new membership begins with new keys.
  if (known) await store.remove(...MEMBERSHIP_FILES);
  const request = {
    origin,
    enrolmentKey: key,
    hostname: line.up.hostname,
    advertise: settings.advertise,
  };
  const joined = await join(store, crypto, senderTo(origin), request, Date.now);
  stderrLog.info(`Joined ${joined.network} as ${joined.name} (${joined.node})`);
  return joined;
}

/** From --key, --key-file or RUSTRONAUT_KEY; the latter two keep it out of the list of processes. */
async function enrolmentKey({ line }: Context): Promise<string | null> {
  const { key, keyFile } = line.up;
  if (key !== null) return key;
  if (keyFile !== null) return (await readFile(keyFile, "utf8")).trim();
  return process.env.RUSTRONAUT_KEY || null;
}

async function addressesOf(origin: string): Promise<readonly string[]> {
  const { hostname } = new URL(origin);
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true });
    return [...new Set(found.map(({ address }) => address))].sort();
  } catch {
    return [];
  }
}
