import * as z from "zod/mini";
import { maxEnvelopeLength } from "../../shared/node-config/envelopes.ts";
import { parseStrictJson } from "../../shared/node-config/strict-json.ts";
import { type ConfigUpdate, LIMITS } from "../../shared/node-config/types.ts";
import { HubAway } from "./http.ts";

/** What the agent takes from the hub. Unknown members are passed over: a newer hub may say more. */

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
  confirmation: text(64),
});

/** The parts that are not judged by `shared/node-config`. */
export const configAnswer = z.object({
  serial: z.object({ epoch: count, rootVersion: count, counter: count }),
  manifest: text(43),
  pollSeconds: interval,
});

export const problemDocument = z.object({
  code: z._default(text(100), "unknown"),
  title: z._default(text(500), ""),
  detail: z.optional(z.nullable(text(4_000))),
});

/** @throws HubAway for anything else: whoever answered is not a hub that this agent understands. */
export function parseAnswer<T extends z.core.$ZodType>(
  schema: T,
  body: Uint8Array,
  maxBytes: number,
): z.infer<T> {
  const json = parseStrictJson(body, maxBytes);
  if (!json.ok) throw new HubAway(`The hub's answer is not JSON: ${json.error.reason}`);
  const parsed = z.safeParse(schema, json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new HubAway(`The hub's answer is not understood: ${issue?.path.join(".")} ${issue?.message}`);
  }
  return parsed.data;
}

export interface ReceivedConfig extends z.infer<typeof configAnswer> {
  /** As it came: `acceptUpdate` judges it. */
  readonly update: ConfigUpdate;
}

/** @throws HubAway for what is no answer to a poll. */
export function parseConfigAnswer(body: Uint8Array, maxBytes: number): ReceivedConfig {
  const answer = parseAnswer(z.catchall(configAnswer, z.unknown()), body, maxBytes);
  const { roots, proof, objects, ...rest } = answer;
  const update = { roots, proof, objects };
  const present = Object.entries(update).filter(([, value]) => value !== undefined && value !== null);
  return { ...rest, update: Object.fromEntries(present) as ConfigUpdate };
}
