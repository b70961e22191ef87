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
  readonly streams: number;
  readonly isDraining: boolean;
  /** When the agent was last heard, in milliseconds since the Unix epoch. */
  readonly heardAt: number;
  readonly connectedAt: number;
}

export interface ConnectorTunnelRpc {
  /** The agents of the app that are connected now. */
  agents(): Promise<readonly ConnectedAgent[]>;
}
