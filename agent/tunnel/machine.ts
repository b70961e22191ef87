import type { Condition } from "../../shared/node/protocol/types.ts";
import type { KernelTable } from "../../shared/relay/kernel-table.ts";
import type { PeerChange, Step } from "./plan.ts";
import type { Observed } from "./tunnel.ts";

/**
 * The machine under the tunnel, reduced to what the agent needs. `agent/system/machine.ts` is the real machine. Tests
 * use a model.
 */
export interface Machine {
  /** The address families that the kernel has. */
  readonly families: readonly (4 | 6)[];
  /**
   * Looks at everything that the agent may have changed.
   * @throws Error when it could not look at something. This does not mean that the thing is gone.
   */
  observe(): Promise<Observed>;
  /** Looks at the WireGuard device only. This is enough to plan removals, and not enough to plan anything else. */
  observeDevice(): Promise<Observed>;
  /** Performs one step. @throws Error when the system refuses. The step has not happened then. */
  perform(step: Step, privateKeys: PrivateKeys): Promise<void>;
  /** The WireGuard device, or null when there is none. @throws Error when it could not be read. */
  readDevice(): Promise<WireguardDevice | null>;
  /** Adds or changes only these peers. */
  setPeers(changes: readonly PeerChange[]): Promise<void>;
  /** Sends a packet to each peer. It goes to the given endpoint, or to the current endpoint when that is null. */
  nudgePeers(
    changes: readonly { readonly publicKey: string; readonly endpoint: string | null }[],
  ): Promise<void>;
  /** Sends what there is for a peer to this endpoint from now on. It sends no packet for that. */
  pointPeer(publicKey: string, endpoint: string): Promise<void>;
  /** Removes all peers. */
  dropPeers(): Promise<void>;
  /**
   * Removes everything that the agent put into the system. A second call does no harm.
   * @param keepsExit Keeps what holds back the traffic for the exit node.
   * @throws Error that names everything that is left.
   */
  clear(keepsExit: boolean): Promise<void>;
  /** Reports what other programs change. */
  watch(listener: WatchListener): Watch;
  /** Takes the filter for changed, whatever the next look sees. So it is loaded anew. */
  doubtFilter(): void;
  /**
   * What other firewalls drop of the traffic that the agent's filter lets pass.
   * @throws Error when they can't be read.
   */
  otherFirewalls(passage: { readonly listenPort: number; readonly forwards: boolean }): Promise<Condition[]>;
  /**
   * The connections over the tunnel that the kernel noted. The first call makes the kernel note them.
   * @param overlay The ranges of the network.
   * @throws Error when they can't be read.
   */
  readFlows(overlay: { readonly ipv4: string; readonly ipv6: string }): Promise<KernelFlow[]>;
  /** The kernel forwards these legs of a relay, and no others. Null: it forwards none. @throws CommandFailed. */
  setRelayTable(table: Omit<KernelTable, "interfaceName"> | null): Promise<void>;
  /** The families for which the kernel passes packets on between interfaces. */
  readForwards(): Promise<readonly (4 | 6)[]>;
  /** The kernel notes no connections any more, and forgets those that it noted. */
  dropFlows(): Promise<void>;
  /**
   * How many packets each rule decided, by its id, since the agent began. A number may fall when somebody else took the
   * filter away.
   * @throws Error when the counters can't be read.
   */
  readHits(): Promise<ReadonlyMap<string, number>>;
}

/** The part of a machine that changes nothing of what the tunnel lets through. */
export type MachineView = Pick<
  Machine,
  | "otherFirewalls"
  | "readFlows"
  | "dropFlows"
  | "readHits"
  | "nudgePeers"
  | "pointPeer"
  | "setRelayTable"
  | "readForwards"
>;

/** Connections with one source, destination, protocol and port, as the kernel noted them. */
export interface KernelFlow {
  /** Addresses of the packet that began the connection. */
  readonly source: string;
  readonly destination: string;
  /** A name such as `tcp`, `icmp` or `ipv6-icmp`, or a number. */
  readonly protocol: string;
  /** Null for a protocol without ports. */
  readonly port: number | null;
  /** `denied`: the last attempt did not come through the agent's filter. */
  readonly verdict: "allowed" | "denied";
  /** How many connections began since the kernel notes this flow. */
  readonly connections: number;
  /** Seconds since the last packet of the side that opened the connection. */
  readonly quietSeconds: number;
}

/** Gives the base64 private key that belongs to a public key. */
export type PrivateKeys = (publicKey: string) => Promise<string>;

export interface WatchListener {
  /** Another program may have changed what the agent made. */
  readonly onChange: () => unknown;
  /** Another program changed rules of nftables that are not the agent's. */
  readonly onFirewall: () => void;
}

export interface Watch {
  /** The shortest time between two calls of `onChange`. 0 is the usual one. */
  readonly slowDown: (apartMs: number) => void;
  /** The caller has just looked at the system or changed it. The next events are likely to be an echo. */
  readonly looked: () => void;
  readonly stop: () => void;
}

export interface WireguardPeer {
  readonly publicKey: string;
  readonly endpoint: string | null;
  readonly allowedIps: readonly string[];
  /** Seconds since the Unix epoch; 0 = never. */
  readonly handshake: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface WireguardDevice {
  readonly publicKey: string | null;
  readonly listenPort: number;
  readonly mark: number;
  readonly peers: readonly WireguardPeer[];
}
