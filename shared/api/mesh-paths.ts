import * as z from "zod/mini";
import { MOVE_REASONS, PATH_KINDS, PATH_STATES } from "../node/protocol/types.ts";
import { FAULT_KINDS } from "../paths/diagnosis.ts";
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
  /** The relay's id and name, where the path goes by one. */
  relay: z.nullable(z.string()),
  relayName: z.nullable(z.string()),
  /** Whether the node sends by it now. */
  inUse: z.boolean(),
  /** `one_way`: the peer is heard, and does not answer. `unknown`: not in use, or the peer answers no probes. */
  state: z.enum(PATH_STATES),
  /** The mean round trip and the mean deviation from it, in milliseconds; null: nothing was answered. */
  rttMs: z.nullable(z.number()),
  jitterMs: z.nullable(z.number()),
  /** The share of the last probes that were not answered, 0 to 1. */
  loss: z.nullable(z.number()),
  /** The mean round trip to the relay alone, in milliseconds, of a path that is not in use; null: its relay answers no probes. */
  halfMs: z.nullable(z.number()),
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

const missing = z.array(z.string());

export const statusQuery = {
  node: z.optional(f.said(f.reference, "only pairs of this node, by id or name")),
  limit: z.optional(f.said(f.queryInteger(1, 5_000), "how many at most; 500 unless said")),
};

/** The path in use of each pair, as each end measured it: those that nothing passes first, then the slowest. */
export const meshStatus = z.object({
  items: z.array(
    z.object({
      node: z.string(),
      name: z.string(),
      peer: z.string(),
      peerName: z.string(),
      ...z.omit(path, { inUse: true }).shape,
    }),
  ),
  /** Directions of linked pairs of which no path was reported. */
  unreported: z.int(),
  truncated: z.boolean(),
  missing,
});

/** Directions of pairs count, so a pair that is well counts twice. */
export const meshHealth = z.object({
  nodes: z.object({ all: z.int(), online: z.int() }),
  /** By the kind of the path in use; `silent`: nothing passes; `unreported`: nothing was measured. */
  paths: z.object({
    direct: z.int(),
    relay: z.int(),
    edge: z.int(),
    silent: z.int(),
    unreported: z.int(),
  }),
  rttMs: z.nullable(z.object({ median: z.number(), p95: z.number() })),
  loss: z.nullable(z.number()),
  /** Changes of paths within the last hour. */
  moves: z.int(),
  failures: z.object({
    open: z.int(),
    suspected: z.int(),
    endedLastDay: z.int(),
    medianMs: z.nullable(z.number()),
  }),
  missing,
});

export const failureQuery = {
  open: z.optional(f.said(z.enum(["yes", "no"]), "only those that last, or only those that ended")),
};

/** The newest first. */
export const meshFailures = z.object({
  items: z.array(
    z.object({
      kind: z.enum(FAULT_KINDS),
      /** The node that failed, or the one from which packets don't arrive. */
      node: z.string(),
      name: z.string(),
      /** The other end, where a link failed. */
      to: z.nullable(z.string()),
      toName: z.nullable(z.string()),
      segment: z.string(),
      /** Names of nodes that say so; eight at most. */
      observers: z.array(z.string()),
      suspectedAt: f.instant,
      /** When suspicion became certainty; null: not yet. */
      confirmedAt: z.nullable(f.instant),
      endedAt: z.nullable(f.instant),
    }),
  ),
  missing,
});
