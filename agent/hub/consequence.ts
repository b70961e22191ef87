import { HubAway } from "./http.ts";
import { HubRefused } from "./refusal.ts";

/** How the node stands with its hub. */
export type Standing =
  | "starting"
  | "running"
  | "pending"
  | "quarantined"
  | "unreachable"
  | "refused"
  | "unapplied"
  | "ended";

export interface Consequence {
  readonly standing: Standing;
  readonly tunnel: "keep" | "isolate" | "remove";
}

/**
 * What a failed poll means for the node. Only a refusal that the session key proves may take something away. An
 * attacker who answers in the hub's place must not be able to cut a node off.
 */
export function consequenceOf(error: unknown): Consequence {
  if (error instanceof HubAway) return { standing: "unreachable", tunnel: "keep" };
  if (!(error instanceof HubRefused)) return { standing: "unapplied", tunnel: "keep" };
  switch (error.code) {
    case "node_revoked":
    case "node_expired":
      return error.authentic
        ? { standing: "ended", tunnel: "remove" }
        : { standing: "refused", tunnel: "keep" };
    case "node_quarantined":
      return { standing: "quarantined", tunnel: error.authentic ? "isolate" : "keep" };
    case "node_pending":
      return { standing: "pending", tunnel: error.authentic ? "isolate" : "keep" };
    default:
      return { standing: "refused", tunnel: "keep" };
  }
}
