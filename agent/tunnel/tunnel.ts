import type { RoutingRule } from "./routing.ts";
/** The state of the system, and the wanted state. Both are plain values in the exact texts that `wg` and `ip` print. */

export interface TunnelPeer {
  /** The key in base64, as `wg` prints it. */
  readonly publicKey: string;
  /** Canonical prefixes: the peer's own addresses and its networks. */
  readonly allowedIps: readonly string[];
  /** The prefixes of `allowedIps` that lie behind the peer. A default route makes the peer the exit node. */
  readonly networks: readonly string[];
  /** The endpoints, best first. They are only a start, since WireGuard follows a peer that roams. */
  readonly endpoints: readonly string[];
  /** The former key of the same node. The peer may take over the prefixes of that key without a gap. */
  readonly replaces: string | null;
}

export interface HostsEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** Everything that the agent wants in the system. */
export interface Tunnel {
  readonly publicKey: string;
  readonly listenPort: number;
  readonly mtu: number;
  /** The mark of the tunnel's own packets, see `numbersOf`. */
  readonly mark: number;
  /** The host prefixes of the node's own overlay addresses. */
  readonly addresses: readonly string[];
  readonly peers: readonly TunnelPeer[];
  /** The text of the nftables table. */
  readonly filter: string;
  /** Hub time minus this machine's, in milliseconds: the filter names moments of hub time. */
  readonly skewMs: number;
  readonly hosts: readonly HostsEntry[];
  /** The families in which this machine forwards packets, because it is a subnet router or an exit node. */
  readonly forwards: readonly (4 | 6)[];
  /** The addresses of the hub. They stay reachable without the tunnel, whatever is routed through the tunnel. */
  readonly bypass: readonly string[];
  /** The exit node that this machine has chosen, even when it is away. Null when the machine has chosen none. */
  readonly exit: ExitUse | null;
}

export interface ExitUse {
  /** Whether traffic for the exit node is blocked while the exit node can't be used. */
  readonly isRequired: boolean;
  /** Whether the exit node also serves packets that this machine forwards, such as those of its containers. */
  readonly servesForwarded: boolean;
}

/** A route of the machine's main table. */
export interface MachineRoute {
  readonly prefix: string;
  /** Whether the route has no gateway, because the network is connected directly to this machine. */
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
  /** Null when there is no interface, or when nothing serves it. */
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
  /** The address families that the kernel has. */
  readonly families: readonly (4 | 6)[];
  /** The UDP port that the fence closes while the filter is gone. Null when no port is closed in both families. */
  readonly fence: number | null;
  /** The text of the table in force. Null when there is no table, or when somebody else changed it. */
  readonly filter: string | null;
  /** Null when the file can't be read. */
  readonly hosts: readonly HostsEntry[] | null;
  readonly forwards: readonly (4 | 6)[];
  /** Whether TCP finds the MTU of a path by itself. */
  readonly mtuProbing: boolean;
  /** Whether the kernel's reverse path check, if it is on, uses the mark of a packet. */
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
