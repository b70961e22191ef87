import * as z from "zod/mini";
import { maxEnvelopeLength } from "../config/envelopes.ts";
import { configUpdate } from "../config/schemas.ts";
import { LIMITS } from "../config/types.ts";

/** What the hub answers, as agents take it. Unknown members are passed over: a newer hub may say more. */

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
  /** The hub's; absent of one of capability 1. */
  capability: z.optional(count),
  confirmation: text(64),
});

/** The parts that are not judged by `shared/node/config`. */
export const configAnswer = z.object({
  serial: z.object({ epoch: count, rootVersion: count, counter: count }),
  manifest: text(43),
  pollSeconds: interval,
});

/** All of what a poll brings. */
export const wholeConfigAnswer = z.object({ ...configAnswer.shape, ...configUpdate.shape });

/** Where the report came from, as the hub sees it: an address of the node, or of a translator or proxy before it. */
export const telemetryAnswer = z.object({
  address: z.optional(z.nullable(text(45))),
  /** What the hub did not take of it, in words. */
  leftOut: z._default(z.array(text(1_000)).check(z.maxLength(100)), []),
});

/** An object's bytes, base64url. */
export const objectAnswer = z.object({ bytes: z.string() });

/** The hash of the record with the new keys, which a later config names. */
export const rotateAnswer = z.object({ record: text(43) });
