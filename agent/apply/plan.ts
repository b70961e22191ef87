import {
  contains,
  formatPrefix,
  hostOf,
  type Prefix,
  prefixOf,
  subtract,
} from "../../shared/segments/prefix.ts";
import { familyOf, isDefaultRoute } from "../system/addresses.ts";
import type { HostsEntry, Observed, Tunnel } from "./tunnel.ts";

/** One change of the system. Each is a single transaction of one tool, so that a crash falls between two of them. */
export type Step =
  | { readonly do: "remove-peers"; readonly keys: readonly string[] }
  /** Takes prefixes from peers that keep others. */
  | { readonly do: "shrink-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-routes"; readonly prefixes: readonly string[] }
  | { readonly do: "remove-rules"; readonly rules: readonly string[] }
  | { readonly do: "load-filter"; readonly text: string }
  | { readonly do: "create-link" }
  /** A link without its daemon can't be mended. */
  | { readonly do: "remove-link" }
  | { readonly do: "set-key"; readonly publicKey: string }
  | { readonly do: "set-port"; readonly port: number }
  | { readonly do: "set-mark" }
  | { readonly do: "set-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-addresses"; readonly prefixes: readonly string[] }
  | { readonly do: "add-addresses"; readonly family: 4 | 6; readonly prefixes: readonly string[] }
  | { readonly do: "set-mtu"; readonly mtu: number }
  | { readonly do: "link-up" }
  | { readonly do: "forward"; readonly families: readonly (4 | 6)[] }
  | { readonly do: "add-routes"; readonly prefixes: readonly string[] }
  | { readonly do: "add-rules"; readonly rules: readonly string[] }
  | { readonly do: "write-hosts"; readonly entries: readonly HostsEntry[] };

export interface PeerChange {
  readonly publicKey: string;
  readonly allowedIps: readonly string[];
  /** Null leaves the endpoint as it is. */
  readonly endpoint: string | null;
}

/** Marks the tunnel's own packets, names the exit node's routing table and sets the place of the rules that use it. */
export const MARK = 0x726e;

/**
 * The steps from what stands to what should; none when they are equal. What is taken away goes first, then the filter
 * changes, then come the additions: at no moment may anything pass that neither the old nor the new state lets pass.
 * Whatever is equal in both is not touched, so working tunnels stay up. The only exception to the order is a peer that
 * comes in the place of its own older key: it takes over the prefixes before the older key goes.
 */
export function planApply(current: Observed, asked: Tunnel): readonly Step[] {
  const wanted = current.ipv6 ? asked : withoutIpv6(asked);
  const orphan = current.link !== null && current.device === null;
  const link = orphan ? null : current.link;
  const device = orphan ? null : current.device;
  const peersNow = new Map((device?.peers ?? []).map((peer) => [peer.publicKey, peer]));
  const peersWanted = new Map(wanted.peers.map((peer) => [peer.publicKey, peer]));
  const replaced = new Set(wanted.peers.flatMap((peer) => peer.replaces ?? []));
  const unwanted = [...peersNow.keys()].filter((key) => !peersWanted.has(key));

  const shrunk: PeerChange[] = [];
  const changed: PeerChange[] = [];
  for (const peer of wanted.peers) {
    const now = peersNow.get(peer.publicKey);
    const keeps = now ? peer.allowedIps.filter((prefix) => now.allowedIps.includes(prefix)) : [];
    if (now && keeps.length < now.allowedIps.length)
      shrunk.push({ publicKey: peer.publicKey, allowedIps: keeps, endpoint: null });
    const endpoint = now?.endpoint ? null : (peer.endpoints[0] ?? null);
    if (!now || keeps.length < peer.allowedIps.length || endpoint !== null)
      changed.push({ publicKey: peer.publicKey, allowedIps: peer.allowedIps, endpoint });
  }

  const routes = routesOf(wanted).filter((prefix) => current.ipv6 || familyOf(prefix) === 4);
  const routesNow = link?.up ? current.routes : [];
  const rules = routingRulesOf(wanted).filter((rule) => current.ipv6 || rule.startsWith("4 "));
  const addressesNow = link?.addresses ?? [];

  return listed<Step>([
    [orphan, { do: "remove-link" }],
    some(without(current.routingRules, rules), (gone) => ({ do: "remove-rules", rules: gone })),
    some(
      unwanted.filter((key) => !replaced.has(key)),
      (keys) => ({ do: "remove-peers", keys }),
    ),
    some(shrunk, (peers) => ({ do: "shrink-peers", peers })),
    some(without(routesNow, routes), (prefixes) => ({ do: "remove-routes", prefixes })),
    [current.filter !== wanted.filter, { do: "load-filter", text: wanted.filter }],
    [link === null, { do: "create-link" }],
    [device?.publicKey !== wanted.publicKey, { do: "set-key", publicKey: wanted.publicKey }],
    [device?.listenPort !== wanted.listenPort, { do: "set-port", port: wanted.listenPort }],
    [device?.mark !== MARK, { do: "set-mark" }],
    some(changed, (peers) => ({ do: "set-peers", peers })),
    some(
      unwanted.filter((key) => replaced.has(key)),
      (keys) => ({ do: "remove-peers", keys }),
    ),
    some(without(addressesNow, wanted.addresses), (prefixes) => ({ do: "remove-addresses", prefixes })),
    ...([4, 6] as const).map((family) =>
      some(
        without(wanted.addresses, addressesNow).filter((prefix) => familyOf(prefix) === family),
        (prefixes) => ({ do: "add-addresses", family, prefixes }),
      ),
    ),
    [link?.mtu !== wanted.mtu, { do: "set-mtu", mtu: wanted.mtu }],
    [!link?.up, { do: "link-up" }],
    some(without(wanted.forwards, current.forwards), (families) => ({ do: "forward", families })),
    some(without(routes, routesNow), (prefixes) => ({ do: "add-routes", prefixes })),
    some(without(rules, current.routingRules), (added) => ({ do: "add-rules", rules: added })),
    [
      JSON.stringify(current.hosts) !== JSON.stringify(wanted.hosts),
      { do: "write-hosts", entries: wanted.hosts },
    ],
  ]);
}

/** What a machine whose IPv6 is switched off can have. Peers keep their prefixes, which are no use but no harm. */
const withoutIpv6 = (wanted: Tunnel): Tunnel => ({
  ...wanted,
  addresses: wanted.addresses.filter((prefix) => familyOf(prefix) === 4),
  hosts: wanted.hosts.filter(({ address }) => familyOf(address) === 4),
  forwards: wanted.forwards.filter((family) => family === 4),
});

/**
 * What is routed into the interface: all that peers stand for but the bypassed addresses, or one route around the hub
 * would cut the node off from whoever could take it back. Default routes stay whole: they have rules of their own.
 */
export function routesOf({ peers, bypass }: Pick<Tunnel, "peers" | "bypass">): readonly string[] {
  const hosts = bypass.flatMap((address) => hostOf(address) ?? []);
  return [...new Set(peers.flatMap((peer) => peer.allowedIps))].flatMap((text) => around(text, hosts));
}

function around(text: string, hosts: readonly Prefix[]): string[] {
  const prefix = isDefaultRoute(text) ? null : prefixOf(text);
  if (!prefix || !hosts.some((host) => contains(prefix, host))) return [text];
  return subtract(prefix, hosts).map(formatPrefix);
}

/**
 * The routing rules that send everything to the exit node, as `<family> <kind> [address]`: none without an exit node.
 * Routes more exact than the default one, and the bypassed addresses, keep their way.
 */
export function routingRulesOf(wanted: Pick<Tunnel, "peers" | "bypass">): readonly string[] {
  const exits = wanted.peers.flatMap((peer) => peer.allowedIps.filter(isDefaultRoute));
  return exits.flatMap((prefix) => {
    const family = prefix === "::/0" ? 6 : 4;
    const bypass = wanted.bypass.filter((address) => address.includes(":") === (family === 6));
    return [`${family} main`, ...bypass.map((address) => `${family} bypass ${address}`), `${family} exit`];
  });
}

const without = <T>(all: readonly T[], minus: readonly T[]): T[] => {
  const gone = new Set(minus);
  return all.filter((item) => !gone.has(item));
};

type Maybe<T> = readonly [when: boolean, step: T];

const some = <T>(items: readonly T[], step: (items: readonly T[]) => Step): Maybe<Step> => [
  items.length > 0,
  step(items),
];

const listed = <T>(steps: readonly Maybe<T>[]): T[] => steps.filter(([when]) => when).map(([, step]) => step);
