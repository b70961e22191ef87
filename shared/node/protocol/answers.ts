import * as z from "zod/mini";
import { maxEnvelopeLength } from "../config/envelopes.ts";
import { configUpdate } from "../config/schemas.ts";
import { LIMITS } from "../config/types.ts";

/** The answers of the hub, as agents read them. Agents skip unknown members, since a newer hub may say more. */

const text = (max: number) => z.string().check(z.maxLength(max));
const instant = z.int().check(z.gte(0));
const count = z.int().check(z.gte(0));
const interval = z.int().check(z.gte(1), z.lte(3_600));

export const trustAnswer = z.object({
  network: text(64),
  roots: z.array(text(maxEnvelopeLength(LIMITS.rootBytes))).check(z.minLength(1), z.maxLength(LIMITS.roots)),
  hubTime: instant,
  capability: z.object({ least: count, current: count }),
});

export const challengeAnswer = z.object({
  challenge: text(2_048),
  kemCiphertext: text(2_048),
  wireguardEphemeral: text(64),
  expiresAt: instant,
  hubTime: instant,
});

export const enrollAnswer = z.object({
  node: z.string().check(z.regex(/^nod_[0-9a-hjkmnp-tv-z]{26}$/)),
  name: text(63),
  network: text(64),
  segment: text(64),
  status: z.enum(["approved", "pending"]),
  hubTime: instant,
});

export const handshakeAnswer = z.object({
  ticket: text(1_024),
  expiresAt: instant,
  hubTime: instant,
  pollSeconds: interval,
  telemetrySeconds: interval,
  /** The hub's capability. A hub of capability 1 sends none. */
  capability: z.optional(count),
  confirmation: text(64),
});

/** The parts of the answer that `shared/node/config` does not judge. */
export const configAnswer = z.object({
  serial: z.object({ epoch: count, rootVersion: count, counter: count }),
  manifest: text(43),
  pollSeconds: interval,
});

/** The complete answer to a poll. */
export const wholeConfigAnswer = z.object({ ...configAnswer.shape, ...configUpdate.shape });

/**
 * The address that the report came from, as the hub sees it. It belongs to the node, or to an address translator or
 * proxy in between.
 */
export const telemetryAnswer = z.object({
  address: z.optional(z.nullable(text(45))),
  /** What the hub left out of the report, in words. */
  leftOut: z._default(z.array(text(1_000)).check(z.maxLength(100)), []),
  /** Whether the hub wants to hear of flows. An older hub does not say so. */
  flows: z._default(z.boolean(), false),
  /** Where peers hear this node, and how many of them. Those that most say come first. */
  heardAt: z._default(z.array(z.object({ endpoint: text(64), by: count })).check(z.maxLength(8)), []),
  /** The ruleset in force is not the one that the hub compiled. */
  differs: z._default(z.boolean(), false),
});

/** An object's bytes, base64url. */
export const objectAnswer = z.object({ bytes: z.string() });

/** The hash of the record with the new keys. A later config names it. */
export const rotateAnswer = z.object({ record: text(43) });
