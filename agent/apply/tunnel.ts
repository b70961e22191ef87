/** What stands in the system, and what should: plain values in the very texts that `wg` and `ip` print. */

export interface TunnelPeer {
  /** Base64, as `wg` prints it. */
  readonly publicKey: string;
  /** Canonical prefixes. */
  readonly allowedIps: readonly string[];
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
  /** Prefixes that the agent routes into the interface. */
  readonly routes: readonly string[];
  /** The agent's routing rules, as `selectorsOf` names them. */
  readonly routingRules: readonly string[];
  /** The text of the table that is in force, or null when there is none or someone else changed it. */
  readonly filter: string | null;
  /** Null when the file can't be read. */
  readonly hosts: readonly HostsEntry[] | null;
  readonly forwards: readonly (4 | 6)[];
  /** Whether this machine has IPv6 on the interface, or would have it there. */
  readonly ipv6: boolean;
}

export const NOTHING: Observed = {
  ipv6: true,
  link: null,
  device: null,
  routes: [],
  routingRules: [],
  filter: null,
  hosts: [],
  forwards: [],
};
