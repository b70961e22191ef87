import { familyOf } from "./addresses.ts";
import {
  familyOfRoute,
  type RoutingRule,
  routePartsOf,
  routesOf,
  routingRulesOf,
  ruleKey,
} from "./routing.ts";
import type { HostsEntry, Observed, Tunnel } from "./tunnel.ts";

/** One change of the system. Each is a single transaction of one tool, so a crash can only fall between two changes. */
export type Step =
  | { readonly do: "remove-peers"; readonly keys: readonly string[] }
  /** Takes prefixes from peers that keep other prefixes. */
  | { readonly do: "shrink-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-routes"; readonly routes: readonly string[] }
  | { readonly do: "remove-rules"; readonly rules: readonly RoutingRule[] }
  | { readonly do: "load-filter"; readonly text: string; readonly skewMs: number }
  | { readonly do: "create-link" }
  /**
   * Removes the link. A link without its daemon can't be mended, and no filter guards a daemon whose link was renamed.
   */
  | { readonly do: "remove-link" }
  | { readonly do: "set-key"; readonly publicKey: string }
  | { readonly do: "set-port"; readonly port: number }
  | { readonly do: "set-mark"; readonly mark: number }
  /** Keeps the tunnel shut while there is no filter. */
  | { readonly do: "raise-fence"; readonly port: number }
  /** These routes lead nowhere, so they need no link. */
  | { readonly do: "close-exit"; readonly routes: readonly string[] }
  | { readonly do: "set-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-addresses"; readonly prefixes: readonly string[] }
  | { readonly do: "add-addresses"; readonly family: 4 | 6; readonly prefixes: readonly string[] }
  | { readonly do: "set-mtu"; readonly mtu: number }
  | { readonly do: "link-up" }
  /** Helps on paths that drop large packets without a message. */
  | { readonly do: "probe-mtu" }
  /** Helps on kernels that drop a packet which comes in by another way than its answer would take. */
  | { readonly do: "mark-way-back" }
  | { readonly do: "forward"; readonly families: readonly (4 | 6)[] }
  | { readonly do: "add-routes"; readonly routes: readonly string[] }
  | { readonly do: "add-rules"; readonly rules: readonly RoutingRule[] }
  | { readonly do: "write-hosts"; readonly entries: readonly HostsEntry[] };

export interface PeerChange {
  readonly publicKey: string;
  readonly allowedIps: readonly string[];
  /** Null leaves the endpoint as it is. */
  readonly endpoint: string | null;
}

/**
 * The steps from the current to the wanted state. The list is empty when they are equal. Removals come first, then the
 * change of the filter, then additions. So at no moment may a packet pass that neither the old nor the new state lets
 * pass. Things that are equal in both states are not touched, so working tunnels stay up. The order has two exceptions.
 * A peer that replaces its own older key takes over the prefixes before the older key goes. And rules that send packets
 * to the tunnel, or nowhere, come before everything else, so that no packet goes another way meanwhile.
 */
export function planApply(current: Observed, asked: Tunnel): readonly Step[] {
  const wanted = current.ipv6 ? asked : withoutIpv6(asked);
  const orphan = (current.link === null) !== (current.device === null);
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

  const routes = routesOf(wanted).filter((route) => isPossible(route, current));
  const routesNow = link?.up ? current.routes : current.routes.filter(isClosed);
  const added = without(routes, routesNow);
  const rules = routingRulesOf(wanted, routes, current.machineRoutes);
  const addressesNow = link?.addresses ?? [];

  return listed<Step>([
    some(added.filter(isClosed), (closed) => ({ do: "close-exit", routes: closed })),
    some(without(rules, current.routingRules, ruleKey), (more) => ({ do: "add-rules", rules: more })),
    [orphan, { do: "remove-link" }],
    some(without(current.routingRules, rules, ruleKey), (gone) => ({ do: "remove-rules", rules: gone })),
    some(
      unwanted.filter((key) => !replaced.has(key)),
      (keys) => ({ do: "remove-peers", keys }),
    ),
    some(shrunk, (peers) => ({ do: "shrink-peers", peers })),
    some(without(routesNow, routes), (gone) => ({ do: "remove-routes", routes: gone })),
    [current.filter !== wanted.filter, { do: "load-filter", text: wanted.filter, skewMs: wanted.skewMs }],
    [current.fence !== wanted.listenPort, { do: "raise-fence", port: wanted.listenPort }],
    [link === null, { do: "create-link" }],
    [device?.publicKey !== wanted.publicKey, { do: "set-key", publicKey: wanted.publicKey }],
    [device?.listenPort !== wanted.listenPort, { do: "set-port", port: wanted.listenPort }],
    [device?.mark !== wanted.mark, { do: "set-mark", mark: wanted.mark }],
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
    [!current.mtuProbing, { do: "probe-mtu" }],
    [!current.wayBack && rules.some(passesTunnel), { do: "mark-way-back" }],
    some(without(wanted.forwards, current.forwards), (families) => ({ do: "forward", families })),
    some(
      added.filter((route) => !isClosed(route)),
      (open) => ({ do: "add-routes", routes: open }),
    ),
    [
      JSON.stringify(current.hosts) !== JSON.stringify(wanted.hosts),
      { do: "write-hosts", entries: wanted.hosts },
    ],
  ]);
}

/**
 * The part of the wanted state that a machine without IPv6 can have. Peers keep their IPv6 prefixes, which do no harm.
 */
const withoutIpv6 = (wanted: Tunnel): Tunnel => ({
  ...wanted,
  addresses: wanted.addresses.filter((prefix) => familyOf(prefix) === 4),
  hosts: wanted.hosts.filter(({ address }) => familyOf(address) === 4),
  forwards: wanted.forwards.filter((family) => family === 4),
});

/**
 * Whether the machine can have a route. If IPv6 is off only on the interface, traffic must still be kept from going
 * around the exit node.
 */
const isPossible = (route: string, { ipv6, families }: Observed): boolean => {
  const family = familyOfRoute(route);
  return families.includes(family) && (family === 4 || ipv6 || isClosed(route));
};

/** Whether a rule can send the tunnel's own packets another way than other packets to the same place. */
const passesTunnel = ({ kind }: RoutingRule): boolean => kind === "machine";

const isClosed = (route: string): boolean => routePartsOf(route).isClosed;

/** @param keyOf The text that equal items share. */
const without = <T>(
  all: readonly T[],
  minus: readonly T[],
  keyOf: (item: T) => unknown = (item) => item,
): T[] => {
  const gone = new Set(minus.map(keyOf));
  return all.filter((item) => !gone.has(keyOf(item)));
};

type Maybe<T> = readonly [when: boolean, step: T];

const some = <T>(items: readonly T[], step: (items: readonly T[]) => Step): Maybe<Step> => [
  items.length > 0,
  step(items),
];

const listed = <T>(steps: readonly Maybe<T>[]): T[] => steps.filter(([when]) => when).map(([, step]) => step);
