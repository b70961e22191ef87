import * as z from "zod/mini";
import * as f from "./fields.ts";

/** How the agents of private apps are. */

/**
 * - `connected`: it takes requests. `draining`: it is about to stop.
 * - `away`: it has no tunnel. `unknown`: the app's object did not answer.
 * - `no_agent`: no approved node is named by the app.
 */
const state = z.enum(["connected", "draining", "away", "unknown", "no_agent"]);

export const connector = z.object({
  appId: z.string(),
  app: z.string(),
  /** Null where the app has no agent. */
  nodeId: z.nullable(z.string()),
  node: z.nullable(z.string()),
  state,
  /** An administrator lets it have no new requests. */
  drained: z.boolean(),
  connectedAt: z.nullable(f.instant),
  heardAt: z.nullable(f.instant),
  /** Requests, sockets and TCP connections that are open. */
  streams: z.int(),
  weight: z.nullable(z.int()),
  lastFailure: z.nullable(z.object({ at: f.instant, detail: z.string() })),
  /** Requests of the last 24 hours that the agent passed on and no decision of the gateway explains. */
  unexplained: z.int(),
});
