import type { RoutingRule } from "./routing.ts";
/** What stands in the system, and what should: plain values in the very texts that `wg` and `ip` print. */

export interface TunnelPeer {
  /** Base64, as `wg` prints it. */
  readonly publicKey: string;
  /** Canonical prefixes: its own addresses and its networks. */
  readonly allowedIps: readonly string[];
  /** Those of `allowedIps` that lie behind the peer; a default route makes it the exit node. */
  readonly networks: readonly string[];
  /** Best first; only a start, WireGuard follows a peer that roams. */
  readonly endpoints: readonly string[];
  /** The key of the same node before its rotation: may take over its prefixes without a gap. */
  readonly replaces: string | null;
}

export interface HostsEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** All that the agent wants to stand in the system. */
export interface Tunnel {
  readonly publicKey: string;
  readonly listenPort: number;
  readonly mtu: number;
  /** Of the tunnel's own packets, see `numbersOf`. */
  readonly mark: number;
  /** Host prefixes of the node's own overlay addresses. */
  readonly addresses: readonly string[];
  readonly peers: readonly TunnelPeer[];
  /** The nftables table's text. */
  readonly filter: string;
  readonly hosts: readonly HostsEntry[];
  /** Families in which this machine passes packets on: it is a subnet router or an exit node. */
  readonly forwards: readonly (4 | 6)[];
  /** Addresses that stay reachable without the tunnel, whatever is routed through it: the hub's. */
  readonly bypass: readonly string[];
  /** The exit node that this machine has chosen, whether or not it is there; null = none. */
  readonly exit: ExitUse | null;
}

export interface ExitUse {
  /** What would go through it goes nowhere while it can't. */
  readonly isRequired: boolean;
  /** Also for packets that this machine forwards, such as those of its containers. */
  readonly servesForwarded: boolean;
}

/** A route of the machine's main table. */
export interface MachineRoute {
  readonly prefix: string;
  /** Without a gateway: the network is connected to this machine. */
  readonly isDirect: boolean;
}

export interface ObservedPeer {
  readonly publicKey: string;
  readonly allowedIps: readonly string[];
  readonly endpoint: string | null;
}

export interface Observed {
  /** Null when the interface does not exist. */
  readonly link: { readonly mtu: number; readonly up: boolean; readonly addresses: readonly string[] } | null;
  /** Null when there is no interface, or nobody answers for it. */
  readonly device: {
    readonly publicKey: string | null;
    readonly listenPort: number;
    readonly mark: number;
    readonly peers: readonly ObservedPeer[];
  } | null;
  /** The agent's routes, in the words of `routesOf`. */
  readonly routes: readonly string[];
  /** The agent's routing rules. */
  readonly routingRules: readonly RoutingRule[];
  readonly machineRoutes: readonly MachineRoute[];
  /** Those that the kernel has at all. */
  readonly families: readonly (4 | 6)[];
  /** The UDP port that the fence closes while the filter is gone; null when none, or not for both families. */
  readonly fence: number | null;
  /** The text of the table that is in force, or null when there is none or someone else changed it. */
  readonly filter: string | null;
  /** Null when the file can't be read. */
  readonly hosts: readonly HostsEntry[] | null;
  readonly forwards: readonly (4 | 6)[];
  /** Whether TCP finds the MTU of a path by itself. */
  readonly mtuProbing: boolean;
  /** Whether the kernel looks for the way back of a packet under its mark, if it looks for one. */
  readonly wayBack: boolean;
  /** Whether this machine has IPv6 on the interface, or would have it there. */
  readonly ipv6: boolean;
}

export const NOTHING: Observed = {
  ipv6: true,
  link: null,
  device: null,
  routes: [],
  routingRules: [],
  machineRoutes: [],
  families: [4, 6],
  fence: null,
  filter: null,
  hosts: [],
  forwards: [],
  mtuProbing: false,
  wayBack: false,
};
