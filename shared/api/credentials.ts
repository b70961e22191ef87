import * as z from "zod/mini";
import * as f from "./fields.ts";

/** Credentials of programs: service tokens for apps, API tokens for this API. A secret is shown exactly once. */

export const serviceToken = z.object({
  id: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  enabled: z.boolean(),
  expiresAt: z.nullable(f.instant),
  /** Until when the secret before the last rotation is still good. */
  previousUntil: z.nullable(f.instant),
  ...f.rowFields,
});

const serviceTokenInput = {
  name: f.name,
  groups: f.list(f.name, 100),
  enabled: z.boolean(),
  expiresAt: z.nullable(f.instant),
};
export const serviceTokenCreate = z.extend(z.partial(z.strictObject(serviceTokenInput)), { name: f.name });
export const serviceTokenUpdate = z.partial(z.strictObject(serviceTokenInput));
/** The old secret stays good for `graceSeconds`, at most 30 days; 0 ends it at once. */
export const serviceTokenRotate = z.strictObject({ graceSeconds: f.integer(0, 2_592_000) });
export const serviceTokenWithSecret = z.object({ serviceToken, secret: z.string() });

export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  role: f.role,
  userId: z.nullable(z.string()),
  expiresAt: z.nullable(f.instant),
  lastUsedAt: z.nullable(f.instant),
  ...f.rowFields,
});
export const apiTokenCreate = z.strictObject({
  name: f.name,
  role: f.role,
  expiresAt: z.optional(z.nullable(f.instant)),
});
export const apiTokenWithSecret = z.object({ apiToken, secret: z.string() });

export const me = z.object({
  /** As the audit log names the caller. */
  actor: z.string(),
  kind: z.enum(["user", "apiToken"]),
  role: f.role,
  user: z.nullable(z.object({ id: z.string(), email: z.string(), name: z.string() })),
  apiToken: z.nullable(z.object({ id: z.string(), name: z.string() })),
  network: z.object({ name: z.string(), authOrigin: z.string(), hubOrigin: z.string() }),
});

export const bootstrapCreate = z.strictObject({
  name: f.name,
  /** Becomes the first user, with the role owner. */
  ownerEmail: z.optional(f.email),
});
