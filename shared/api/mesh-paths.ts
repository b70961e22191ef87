import * as z from "zod/mini";
import { MOVE_REASONS, PATH_KINDS, PATH_STATES } from "../node/protocol/types.ts";
import * as f from "./fields.ts";

/** By which paths nodes reach each other, and how well. */

const endpoint = z.string();

export const pathsQuery = {
  from: f.said(f.reference, "one node, by id or name"),
  to: f.said(f.reference, "the other node, by id or name"),
};

const path = z.object({
  kind: z.enum(PATH_KINDS),
  endpoint,
  /** Whether the node sends by it now. */
  inUse: z.boolean(),
  /** `one_way`: the peer is heard, and does not answer. `unknown`: not in use, or the peer answers no probes. */
  state: z.enum(PATH_STATES),
  /** The mean round trip and the mean deviation from it, in milliseconds; null: nothing was answered. */
  rttMs: z.nullable(z.number()),
  jitterMs: z.nullable(z.number()),
  /** The share of the last probes that were not answered, 0 to 1. */
  loss: z.nullable(z.number()),
  measuredAt: z.nullable(f.instant),
  reportedAt: f.instant,
});

const move = z.object({
  at: f.instant,
  from: z.nullable(endpoint),
  to: endpoint,
  kind: z.enum(PATH_KINDS),
  why: z.enum(MOVE_REASONS),
});

/** How one of the two sends to the other. */
const side = z.object({
  node: z.string(),
  name: z.string(),
  peer: z.string(),
  peerName: z.string(),
  online: z.boolean(),
  handshakeAt: z.nullable(f.instant),
  /** Why it sends by the path that it uses. */
  why: z.enum(["unreported", "nothing_answers", "only_path", "first_choice", ...MOVE_REASONS]),
  /** The one in use first. */
  paths: z.array(path),
  /** How it moved by its own judgement, newest first. */
  moves: z.array(move),
});

export const pathsOfPair = z.object({
  /** Whether rules connect the two. If not, there is no path between them, and `sides` is empty. */
  linked: z.boolean(),
  sides: z.array(side),
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
});
