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
  name: f.said(f.name, "what policies cite it by"),
  groups: f.said(f.list(f.name, 100), "names of the groups that it is in"),
  enabled: f.said(z.boolean(), "whether its secret is good"),
  expiresAt: z.nullable(f.said(f.instant, "when it ends; never unless said")),
};
export const serviceTokenCreate = z.extend(z.partial(z.strictObject(serviceTokenInput)), {
  name: serviceTokenInput.name,
});
export const serviceTokenUpdate = z.partial(z.strictObject(serviceTokenInput));
export const serviceTokenRotate = z.strictObject({
  graceSeconds: f.said(
    f.integer(0, 2_592_000),
    "seconds for which the old secret stays good, at most 30 days; 0 ends it at once",
  ),
});
export const serviceTokenWithSecret = z.object({ serviceToken, secret: z.string() });

export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  role: f.role,
  userId: z.nullable(z.string()),
  /** The address of the person whom it belongs to; null for a token of the network. */
  email: z.nullable(z.string()),
  expiresAt: z.nullable(f.instant),
  lastUsedAt: z.nullable(f.instant),
  ...f.rowFields,
});
export const apiTokenCreate = z.strictObject({
  name: f.said(f.name, "what it is for"),
  role: f.said(f.role, "what it may do"),
  expiresAt: z.optional(z.nullable(f.said(f.instant, "when it ends; never unless said"))),
});
export const apiTokenWithSecret = z.object({ apiToken, secret: z.string() });

export const me = z.object({
  /** As the audit log names the caller. */
  actor: z.string(),
  kind: z.enum(["user", "apiToken"]),
  /** Null for somebody who is signed in and no administrator. */
  role: z.nullable(f.role),
  user: z.nullable(z.object({ id: z.string(), email: z.string(), name: z.string() })),
  apiToken: z.nullable(z.object({ id: z.string(), name: z.string() })),
  /** What the person acts through, in words: a command line or an API token; null for the dashboard. */
  via: z.nullable(z.string()),
  network: z.object({ name: z.string(), authOrigin: z.string(), hubOrigin: z.string() }),
});

export const bootstrapCreate = z.strictObject({
  name: f.said(f.name, "what people know the network by"),
  ownerEmail: z.optional(f.said(f.email, "address of the first user, who gets the role owner")),
});
