import type { UpstreamFault } from "../http/upstream-fault.ts";

/** How the Worker speaks to the object of an app's tunnels. */

/** The head of a request (`OpenHead` as JSON, base64url), which the gateway sends to the object. */
export const OPEN_HEADER = "x-rustronaut-open";
/** Why the object has no answer. Without it, an answer is the application's. */
export const FAULT_HEADER = "x-rustronaut-tunnel-fault";

/** What an object says when no agent gives an answer. `detail` is for the log of the gateway. */
export interface TunnelFault {
  readonly fault: UpstreamFault;
  readonly detail: string;
}

/** An agent whose socket is open. */
export interface ConnectedAgent {
  readonly node: string;
  readonly weight: number;
  readonly streams: number;
  /** The agent itself takes no new streams, since it is about to stop. */
  readonly isDraining: boolean;
  /** When the agent was last heard, in milliseconds since the Unix epoch. */
  readonly heardAt: number;
  readonly connectedAt: number;
}

/** Why an agent did not answer a request. */
export interface AgentFailure {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly detail: string;
}

/** How the agents of an app are, as the object of its tunnels knows it. */
export interface TunnelHealth {
  /** The agents that are connected now. */
  readonly connected: readonly ConnectedAgent[];
  /** The nodes that an administrator has drained: they get no new streams, connected or not. */
  readonly drained: readonly string[];
  /** The last failure of each node that had one. Forgotten when the object restarts. */
  readonly failures: Readonly<Record<string, AgentFailure>>;
}

export interface ConnectorTunnelRpc {
  health(): Promise<TunnelHealth>;
  /** Gives a node no new streams of this app, or gives it some again. Streams that are open go on. */
  drain(node: string, isDrained: boolean): Promise<void>;
}
