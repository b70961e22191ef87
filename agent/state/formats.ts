import * as z from "zod/mini";
import type { FileName } from "./store.ts";

/**
 * The schemas that tell a sound file of the state directory from a damaged one. The types in `store.ts` explain the
 * fields.
 */

const text = z.string();
const word = text.check(z.minLength(1));
const seed = text.check(z.regex(/^[A-Za-z0-9_-]{40,}$/));
const count = z.int().check(z.gte(0));

const keySeeds = z.object({ wireguard: seed, kem: seed });
const config = z.object({
  serial: z.object({ epoch: count, rootVersion: count, counter: count }),
  manifest: text,
  proof: z.object({}),
  exitNode: z.nullable(text),
  objects: z.array(text),
});
const settings = z.object({
  interfaceName: word,
  listenPort: count,
  advertise: z.array(text),
  exitNode: z.nullable(text),
  // Older agents knew neither of these two.
  exitFallback: z.optional(z.enum(["none", "direct"])),
  exitFor: z.optional(z.enum(["all", "own"])),
  hostsFile: word,
  // Nor these two.
  dial: z.optional(z.array(z.object({ host: word, port: count }))),
  weight: z.optional(count),
  // Nor this one.
  proveDevice: z.optional(z.boolean()),
});

export const FORMATS: Readonly<Record<FileName, z.ZodMiniType>> = {
  identity: z.extend(keySeeds, { signing: seed, pending: z.nullable(keySeeds) }),
  membership: z.object({
    hub: word,
    network: word,
    node: word,
    name: word,
    joinedWith: text,
    ended: z.nullable(text),
  }),
  settings,
  "settings-copy": settings,
  roots: z.object({ pin: word, envelopes: z.array(text).check(z.minLength(1)) }),
  // Older agents wrote the bare number. A torn file could then still hold a number, so newer agents write an object.
  handshake: z.union([z.object({ counter: count }), count]),
  config,
  next: config,
  fresh: z.object({ at: z.number(), skewMs: z.number() }),
  "hub-addresses": z.array(text).check(z.maxLength(64)),
};
