import * as z from "zod/mini";
import * as f from "./fields.ts";
import * as registry from "./registry.ts";

/**
 * A whole network as one declarative document. Things are named, never numbered. A section that is left out is
 * not touched; with `prune`, what a present section does not name is deleted.
 */

const described = z.strictObject({ name: f.name, description: z.optional(f.line(500)) });

export const networkDocument = z.strictObject({
  version: z.literal(1),
  network: z.optional(registry.networkSettings),
  segments: z.optional(f.list(described, 1_000)),
  users: z.optional(f.list(registry.userCreate, 5_000)),
  groups: z.optional(
    f.list(
      z.extend(described, {
        /** E-mails of the users, and names of the groups, that are members; both lists are complete where present. */
        users: z.optional(f.list(f.email, 5_000)),
        groups: z.optional(f.list(f.name, 1_000)),
      }),
      1_000,
    ),
  ),
  /** `clientSecret` is never exported; left out, it stays as it is. */
  identityProviders: z.optional(f.list(registry.identityProviderCreate, 50)),
  apps: z.optional(f.list(registry.appCreate, 1_000)),
  policies: z.optional(
    f.list(
      z.strictObject({
        name: f.name,
        source: z.string().check(z.minLength(1), z.maxLength(65_536)),
        enabled: z.optional(z.boolean()),
      }),
      1_000,
    ),
  ),
});

export const planRequest = z.strictObject({ document: networkDocument, prune: z.optional(z.boolean()) });
/** `baseVersion` of the plan that was looked at: another one means that the network changed since. */
export const applyRequest = z.extend(planRequest, { baseVersion: z.string().check(z.maxLength(64)) });

export const planStep = z.object({
  action: z.enum(["create", "update", "delete"]),
  kind: z.enum(["network", "segment", "user", "group", "identityProvider", "app", "policy"]),
  name: z.string(),
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});
export const plan = z.object({
  baseVersion: z.string(),
  steps: z.array(planStep),
  /** What will be saved and yet not work, in words. */
  warnings: z.optional(z.array(z.string())),
});
export const exported = z.object({ baseVersion: z.string(), document: networkDocument });

export type NetworkDocument = z.infer<typeof networkDocument>;
export type PlanStep = z.infer<typeof planStep>;
export type Plan = z.infer<typeof plan>;
