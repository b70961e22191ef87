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

/** One change of the system. Each is a single transaction of one tool, so that a crash falls between two of them. */
export type Step =
  | { readonly do: "remove-peers"; readonly keys: readonly string[] }
  /** Takes prefixes from peers that keep others. */
  | { readonly do: "shrink-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-routes"; readonly routes: readonly string[] }
  | { readonly do: "remove-rules"; readonly rules: readonly RoutingRule[] }
  | { readonly do: "load-filter"; readonly text: string }
  | { readonly do: "create-link" }
  /** A link without its daemon can't be mended; a daemon whose link has another name now is guarded by no filter. */
  | { readonly do: "remove-link" }
  | { readonly do: "set-key"; readonly publicKey: string }
  | { readonly do: "set-port"; readonly port: number }
  | { readonly do: "set-mark"; readonly mark: number }
  /** What keeps the tunnel shut while there is no filter. */
  | { readonly do: "raise-fence"; readonly port: number }
  /** Routes that lead nowhere need no link. */
  | { readonly do: "close-exit"; readonly routes: readonly string[] }
  | { readonly do: "set-peers"; readonly peers: readonly PeerChange[] }
  | { readonly do: "remove-addresses"; readonly prefixes: readonly string[] }
  | { readonly do: "add-addresses"; readonly family: 4 | 6; readonly prefixes: readonly string[] }
  | { readonly do: "set-mtu"; readonly mtu: number }
  | { readonly do: "link-up" }
  /** For paths that swallow what is too long and say nothing. */
  | { readonly do: "probe-mtu" }
  /** For kernels that drop what comes in by another way than its answer would take. */
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
 * The steps from what stands to what should; none when they are equal. What is taken away goes first, then the filter
 * changes, then come the additions: at no moment may anything pass that neither the old nor the new state lets pass.
 * Whatever is equal in both is not touched, so working tunnels stay up. Two exceptions to the order: a peer that comes in
 * the place of its own older key takes over the prefixes before the older key goes; and rules that send packets to the
 * tunnel, or nowhere, come before anything, so that none goes another way meanwhile.
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
    [current.filter !== wanted.filter, { do: "load-filter", text: wanted.filter }],
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

/** What a machine whose IPv6 is switched off can have. Peers keep their prefixes, which are no use but no harm. */
const withoutIpv6 = (wanted: Tunnel): Tunnel => ({
  ...wanted,
  addresses: wanted.addresses.filter((prefix) => familyOf(prefix) === 4),
  hosts: wanted.hosts.filter(({ address }) => familyOf(address) === 4),
  forwards: wanted.forwards.filter((family) => family === 4),
});

/** Where IPv6 is off on the interface alone, it must still be kept from going around the exit node. */
const isPossible = (route: string, { ipv6, families }: Observed): boolean => {
  const family = familyOfRoute(route);
  return families.includes(family) && (family === 4 || ipv6 || isClosed(route));
};

/** What makes the tunnel's own packets go another way than others to the same place. */
const passesTunnel = ({ kind }: RoutingRule): boolean => kind === "machine";

const isClosed = (route: string): boolean => routePartsOf(route).isClosed;

/** @param keyOf What equal items share. */
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
