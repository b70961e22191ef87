import * as z from "zod/mini";
import * as f from "./fields.ts";

/** Credentials of programs: service tokens for apps, API tokens for this API. A secret is shown exactly once. */

/** How programs prove themselves by a JWT of their platform, instead of by a secret. */
const federation = z.object({
  issuer: z.string(),
  audience: z.string(),
  claims: z.array(z.string()),
  keys: z.nullable(z.string()),
  singleUse: z.boolean(),
});

const federationInput = z.strictObject({
  issuer: f.said(f.url, "the platform, as the token's `iss` names it"),
  audience: z.optional(f.said(f.line(300), "the token's only `aud`; the auth host's origin unless said")),
  claims: f.said(
    f.list(f.line(701), 20),
    "NAME=VALUE, all of which the token must meet; * is any text without / and :, ** at the end is any text",
  ),
  keys: z.optional(
    z.nullable(
      f.said(
        z.string().check(z.maxLength(32_768)),
        "the platform's public keys as JSON; found by discovery unless said",
      ),
    ),
  ),
  singleUse: z.optional(
    f.said(z.boolean(), "whether a token is good for one exchange only; true unless said"),
  ),
});
export type FederationInput = z.infer<typeof federationInput>;

export const serviceToken = z.object({
  id: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  federation: z.nullable(federation),
  enabled: z.boolean(),
  expiresAt: z.nullable(f.instant),
  unusedDays: z.nullable(z.int()),
  /** Known to the hour. */
  lastUsedAt: z.nullable(f.instant),
  /** Until when the secret before the last rotation is still good. */
  previousUntil: z.nullable(f.instant),
  ...f.rowFields,
});

const serviceTokenInput = {
  name: f.said(f.name, "what policies cite it by"),
  groups: f.said(f.list(f.groupName, 100), "names of the groups that it is in"),
  enabled: f.said(z.boolean(), "whether its secret is good"),
  expiresAt: z.nullable(f.said(f.instant, "when it ends; never unless said")),
  unusedDays: z.nullable(
    f.said(f.integer(1, 3_650), "days without use after which it is disabled; never unless said"),
  ),
  federation: z.nullable(
    f.said(federationInput, "the platform whose programs hold it without a secret; none unless said"),
  ),
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
/** `secret` is null if the token's holders prove themselves by a federation: then nobody knows a secret. */
export const serviceTokenCreated = z.object({ serviceToken, secret: z.nullable(z.string()) });
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

/** That a provider sends its people and groups by SCIM. */
export const scimToken = z.object({
  provider: z.string(),
  providerId: z.string(),
  /** What the provider is given as the address of this service. */
  baseUrl: z.string(),
  /** The groups are called `scim:<namespace>/<name>`. */
  namespace: z.string(),
  /** Whether a token is good: false after it was revoked. */
  active: z.boolean(),
  issuedAt: f.instant,
  /** Until when the token before the last one is still good. */
  previousUntil: z.nullable(f.instant),
  lastCallAt: z.nullable(f.instant),
  /** Why a call was refused last, in words. */
  lastRefusal: z.nullable(z.string()),
  lastRefusalAt: z.nullable(f.instant),
  users: z.int(),
  /** How many of them the provider calls active. */
  activeUsers: z.int(),
  groups: z.int(),
});
export const scimTokenIssue = z.strictObject({
  namespace: z.optional(
    f.said(
      f.label,
      "what the names of its groups begin with in policies, after `scim:`; made of its name unless said, and never changed",
    ),
  ),
  graceSeconds: z.optional(
    f.said(
      f.integer(0, 2_592_000),
      "seconds for which the token before stays good, at most 30 days; 0 ends it at once",
    ),
  ),
});
export const scimTokenWithSecret = z.object({ scimToken, secret: z.string() });
