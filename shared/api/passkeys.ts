import * as z from "zod/mini";
import * as f from "./fields.ts";

/** A person's passkey, as administrators see it. */
export const passkey = z.object({
  id: z.string(),
  name: z.string(),
  /** Whether the authenticator says that the key never leaves it. */
  isDeviceBound: z.boolean(),
  createdAt: f.instant,
  lastUsedAt: z.nullable(f.instant),
  /** When its count of signatures went back: there may be a copy of it, so it is refused since. */
  clonedAt: z.nullable(f.instant),
});

export const passkeys = z.object({
  userId: z.string(),
  email: z.string(),
  passkeys: z.array(passkey),
  /** Until when the person may enrol a first passkey from everywhere; null if nobody invited them. */
  invitedUntil: z.nullable(f.instant),
});

export const passkeyInvite = z.strictObject({
  hours: z.optional(f.said(f.integer(1, 168), "how long the invitation is good; 24 unless said")),
});
