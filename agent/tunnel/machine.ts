import type { Condition } from "../../shared/node/protocol/types.ts";
import type { PeerChange, Step } from "./plan.ts";
import type { Observed } from "./tunnel.ts";

/**
 * The machine under the tunnel, as narrow as the agent sees it. `agent/system/machine.ts` is the real one; tests have one
 * that is a model.
 */
export interface Machine {
  /** Families that the kernel has at all. */
  readonly families: readonly (4 | 6)[];
  /**
   * Looks at everything that the agent may have changed.
   * @throws Error when something could not be looked at, which does not mean that it is gone.
   */
  observe(): Promise<Observed>;
  /** The device and nothing else: enough to plan what is taken away from it, and too little for anything more. */
  observeDevice(): Promise<Observed>;
  /** Carries out one step. @throws Error when the system refuses; then the step has not happened. */
  perform(step: Step, privateKeys: PrivateKeys): Promise<void>;
  /** WireGuard's side, null when there is none. @throws Error when it could not be asked. */
  readDevice(): Promise<WireguardDevice | null>;
  /** Adds or changes just these peers. */
  setPeers(changes: readonly PeerChange[]): Promise<void>;
  /** Sends each peer a packet, to another endpoint than before unless that is null. */
  nudgePeers(
    changes: readonly { readonly publicKey: string; readonly endpoint: string | null }[],
  ): Promise<void>;
  /** Takes away whoever is there. */
  dropPeers(): Promise<void>;
  /**
   * Takes away everything that the agent put into the system; twice does no harm.
   * @param keepsExit Leaves what holds back what would go through the exit node.
   * @throws Error naming all that is left.
   */
  clear(keepsExit: boolean): Promise<void>;
  /** Tells when somebody may have changed what the agent made. */
  watch(onChange: () => void): Watch;
  /** What other firewalls drop of what the agent's filter lets pass. @throws Error when they can't be asked. */
  otherFirewalls(passage: { readonly listenPort: number; readonly forwards: boolean }): Promise<Condition[]>;
}

/** Gives the base64 private key that belongs to a public key. */
export type PrivateKeys = (publicKey: string) => Promise<string>;

export interface Watch {
  /** The caller has just looked, or changed something itself: what is heard now is likely to be an echo. */
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
