import * as z from "zod/mini";

/** What the hub tells an agent: which apps it serves, and the keys that sign passes. */
export const tunnelsAnswer = z.object({
  /** The issuer of the passes: the auth host's origin. */
  issuer: z.string(),
  /** JWKs (RFC 7517) with `kid` and `alg`. */
  keys: z.array(z.looseObject({ kid: z.string(), alg: z.enum(["ES256", "EdDSA"]) })).check(z.maxLength(20)),
  apps: z.array(z.object({ id: z.string(), name: z.string() })).check(z.maxLength(1_000)),
  /** Whether the hub wants to be told what the agent passes on. A hub of an older release does not say. */
  takesHits: z.optional(z.boolean()),
  /** After how many seconds to ask again. */
  askSeconds: z.int().check(z.gte(1), z.lte(3_600)),
});
export type TunnelsAnswer = z.infer<typeof tunnelsAnswer>;
