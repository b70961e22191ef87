import type { Assembled } from "../../shared/node/config/assemble.ts";
import { renderFilter } from "../../shared/node/filter.ts";
import { withoutPeers } from "../../shared/node/ruleset.ts";
import { canonicalPrefix, familyOf, isDefaultRoute } from "./addresses.ts";
import { placesOf } from "./moves.ts";
import { numbersOf } from "./numbers.ts";
import type { ExitUse, HostsEntry, Tunnel, TunnelPeer } from "./tunnel.ts";
import { wgText } from "./wg-text.ts";

/** Translates what the hub wants into the wanted state of the system. */

/** Changed keys of peers. Each new key leads to the old key. Both are in the form of `wg`. */
export type KeyChanges = ReadonlyMap<string, string>;

export interface WantedOptions {
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly bypass: readonly string[];
  readonly exit: ExitUse | null;
  /** Hub time minus this machine's, in milliseconds. */
  readonly skewMs: number;
  /** This machine's time, in milliseconds since the Unix epoch. */
  readonly now: number;
  /** The changes whose new key has not shaken hands yet. The old key still carries the traffic. */
  readonly waiting: KeyChanges;
  /** The changes that are complete: the new key takes over from the old key. */
  readonly through: KeyChanges;
}

export function tunnelOf(config: Assembled, options: WantedOptions): Tunnel {
  const { manifest, record } = config;
  const { mark } = numbersOf(options.interfaceName);
  return {
    publicKey: wgText(record.wireguard),
    listenPort: options.listenPort,
    mtu: manifest.mtu,
    mark,
    addresses: prefixesOf([manifest.ipv4, manifest.ipv6]),
    peers: config.peers.flatMap((known) => peersOf(known, options)),
    filter: renderFilter({
      interfaceName: options.interfaceName,
      port: options.listenPort,
      mark,
      servesContainers: options.exit?.servesForwarded ?? false,
      manifest,
      component: config.component,
      peers: config.peers.map(({ peer }) => peer),
      now: options.now + options.skewMs,
    }),
    skewMs: options.skewMs,
    hosts: hostsOf(config),
    forwards: [...new Set(manifest.forwards.map(familyOf))],
    bypass: options.bypass,
    exit: options.exit,
  };
}

/** The same node without any peer. It is used when the lease has ended, or when the hub keeps the node apart. */
export const isolated = (config: Assembled): Assembled => withoutPeers(config);

/**
 * Applies this machine's choice of the exit node. An exit node that the machine gave up does not count any more, even
 * when the hub has not heard of it.
 */
export const asChosen = (config: Assembled, exitNode: string | null): Assembled => ({
  ...config,
  peers: config.peers.map(({ peer, record }) => {
    const isChosen = exitNode !== null && [peer.node, peer.name].includes(exitNode);
    return {
      record,
      peer: isChosen ? peer : { ...peer, routes: peer.routes.filter((to) => !isDefaultRoute(to)) },
    };
  }),
});

/**
 * The former config without the peers that the new config took away. A failed change is no reason to trust such a peer
 * again.
 */
export function withoutLost(before: Assembled, config: Assembled): Assembled {
  const left = new Set(config.peers.map(({ peer }) => peer.node));
  return { ...before, peers: before.peers.filter(({ peer }) => left.has(peer.node)) };
}

/** The peers whose WireGuard key has changed. */
export function keyChanges(before: Assembled | null, after: Assembled): KeyChanges {
  const keysBefore = new Map(before?.peers.map(({ peer, record }) => [peer.node, wgText(record.wireguard)]));
  const changes = new Map<string, string>();
  for (const { peer, record } of after.peers) {
    const old = keysBefore.get(peer.node);
    const key = wgText(record.wireguard);
    if (old !== undefined && old !== key) changes.set(key, old);
  }
  return changes;
}

/** Without the changes of peers that are gone or that changed their key again. */
export function stillWaiting(waiting: Iterable<[string, string]>, { peers }: Assembled): Map<string, string> {
  const present = new Set(peers.map(({ record }) => wgText(record.wireguard)));
  return new Map([...waiting].filter(([key]) => present.has(key)));
}

/** One WireGuard peer, or two while a new key is being tried. */
function peersOf({ peer, record }: Assembled["peers"][number], options: WantedOptions): TunnelPeer[] {
  const publicKey = wgText(record.wireguard);
  const old = options.waiting.get(publicKey);
  const whole: TunnelPeer = {
    publicKey,
    allowedIps: prefixesOf([peer.ipv4, peer.ipv6, ...peer.routes]),
    networks: prefixesOf(peer.routes),
    endpoints: placesOf(peer),
    replaces: options.through.get(publicKey) ?? null,
  };
  if (old === undefined) return [whole];
  return [
    { ...whole, publicKey: old, replaces: null },
    { ...whole, allowedIps: [], networks: [], replaces: null },
  ];
}

function hostsOf({ manifest, peers }: Assembled): HostsEntry[] {
  return [manifest, ...peers.map(({ peer }) => peer)].flatMap(({ name, ipv4, ipv6 }) =>
    [ipv4, ipv6].map((address) => ({ address, names: [`${name}.${manifest.domain}`] })),
  );
}

function prefixesOf(texts: readonly string[]): string[] {
  return texts.map((text) => {
    const prefix = canonicalPrefix(text);
    if (prefix === null) throw new Error(`${JSON.stringify(text)} is no address`);
    return prefix;
  });
}
