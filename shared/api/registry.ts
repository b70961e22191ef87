import * as z from "zod/mini";
import * as f from "./fields.ts";

/** Resources of the registry: the network, its people, its groups, segments, apps and identity providers. */

export const network = z.object({
  name: z.string(),
  signInIdleSeconds: z.int(),
  signInAbsoluteSeconds: z.int(),
  maxSessionsPerUser: z.int(),
  authOrigin: z.string(),
  hubOrigin: z.string(),
  ...f.rowFields,
});

const networkInput = {
  name: f.name,
  signInIdleSeconds: f.seconds(31_536_000),
  signInAbsoluteSeconds: f.seconds(31_536_000),
  maxSessionsPerUser: f.integer(1, 1_000),
};
export const networkUpdate = z.partial(z.strictObject(networkInput));
/** The network's part of the declarative document. */
export const networkSettings = networkUpdate;

export const user = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  status: z.enum(["active", "disabled"]),
  role: z.nullable(f.role),
  /** Names of the groups that the user is directly a member of in the registry. */
  groups: z.array(z.string()),
  ...f.rowFields,
});

const userInput = {
  email: f.email,
  name: f.line(200),
  status: z.enum(["active", "disabled"]),
  role: z.nullable(f.role),
};
export const userCreate = z.extend(z.partial(z.strictObject(userInput)), { email: f.email });
export const userUpdate = z.partial(z.strictObject(userInput));

export const group = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  ...f.rowFields,
});
export const groupCreate = z.strictObject({ name: f.name, description: z.optional(f.line(500)) });
export const groupUpdate = z.partial(groupCreate);

export const memberKind = z.enum(["user", "group"]);
export const groupMember = z.object({
  kind: memberKind,
  id: z.string(),
  /** The user's e-mail or the group's name. */
  name: z.string(),
  createdAt: f.instant,
});

export const segment = group;
export const segmentCreate = groupCreate;
export const segmentUpdate = groupUpdate;

const settingsInput = z.strictObject({
  idleSeconds: f.seconds(31_536_000),
  absoluteSeconds: f.seconds(31_536_000),
  anonymous: z.boolean(),
  caseInsensitivePaths: z.boolean(),
  encodedSlashes: z.boolean(),
  allowedOrigins: f.list(f.origin, 50),
  compatibility: z.enum(["none", "cloudflare", "pomerium"]),
  assertionAlgorithm: z.enum(["ES256", "EdDSA"]),
  methodOverride: z.boolean(),
  methodField: z.boolean(),
  clientHeaders: f.list(f.clientHeader, 50),
  rootServiceWorker: z.boolean(),
  upstreamTimeoutMs: f.integer(100, 600_000),
  leaseMs: f.integer(0, 1_000),
});
/** Settings as they hold; see `AppSettings`. */
export const appSettings = settingsInput;
/** Settings to change; those left out stay as they are. */
export const appSettingsUpdate = z.partial(settingsInput);

export const app = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  host: z.string(),
  segmentId: z.string(),
  /** The segment's name. */
  segment: z.string(),
  tags: z.array(z.string()),
  enabled: z.boolean(),
  upstreams: z.array(z.string()),
  settings: appSettings,
  ...f.rowFields,
});

const appInput = {
  name: f.label,
  title: f.line(200),
  host: f.host,
  /** Id or name of the segment. */
  segment: f.reference,
  tags: f.list(f.name, 50),
  enabled: z.boolean(),
  /** Origins; which addresses are allowed is checked by the hub. */
  upstreams: f.list(f.line(512), 10).check(z.minLength(1)),
  settings: appSettingsUpdate,
};
export const appCreate = z.extend(z.partial(z.strictObject(appInput)), {
  name: f.label,
  host: f.host,
  segment: f.reference,
  upstreams: appInput.upstreams,
});
export const appUpdate = z.partial(z.strictObject(appInput));

export const identityProvider = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** The secret itself is never shown. */
  hasClientSecret: z.boolean(),
  scopes: z.string(),
  groupsClaim: z.string(),
  /** When a sign-in first held the groups claim, and when one last lacked it although none had held it yet. */
  groupsSeenAt: z.nullable(f.instant),
  groupsMissedAt: z.nullable(f.instant),
  emailClaim: z.string(),
  emailVerified: z.enum(["required", "absentIsTrusted"]),
  trustedAudiences: z.array(z.string()),
  allowedDomains: z.array(z.string()),
  offlineAccess: z.enum(["no", "scope", "consent"]),
  recheckMinutes: z.number(),
  recheckGraceHours: z.number(),
  enabled: z.boolean(),
  ...f.rowFields,
});

/** A provider as it was saved, and what would not work with it, in words; asked of the provider itself. */
export const identityProviderSaved = z.extend(identityProvider, {
  problems: z.optional(z.array(z.string())),
});

const providerInput = {
  name: f.name,
  issuer: f.url.check(z.describe("its URL, as its discovery document names it")),
  clientId: f.line(500).check(z.minLength(1)),
  clientSecret: z.nullable(
    f.line(2_000).check(z.minLength(1), z.describe("without one it is a public client")),
  ),
  scopes: z
    .string()
    .check(
      z.maxLength(500),
      z.regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, "must begin with openid"),
      z.describe("what a sign-in asks for, beginning with openid"),
    ),
  groupsClaim: f
    .line(200)
    .check(z.minLength(1), z.describe("the claim of the groups, or the path to a nested one, with dots")),
  emailClaim: f
    .line(200)
    .check(z.minLength(1), z.describe("the claim of the address, such as preferred_username or upn")),
  emailVerified: z
    .enum(["required", "absentIsTrusted"])
    .check(z.describe("whether to trust an address of which it does not say that it is verified")),
  trustedAudiences: f
    .list(f.line(500).check(z.minLength(1)), 20)
    .check(z.describe("what an ID token may name besides the client id")),
  allowedDomains: f.list(f.host, 100).check(z.describe("domains of the addresses for which users are made")),
  offlineAccess: z
    .enum(["no", "scope", "consent"])
    .check(
      z.describe("whether to ask for a refresh token: by the scope offline_access, and with prompt=consent"),
    ),
  recheckMinutes: f
    .integer(1, 1_440)
    .check(z.describe("minutes between two questions about a user of whom it gave a refresh token")),
  recheckGraceHours: f
    .integer(0, 720)
    .check(z.describe("hours that sessions stand after its last confirmation while it can't be asked")),
  enabled: z.boolean(),
};
export const identityProviderCreate = z.extend(z.partial(z.strictObject(providerInput)), {
  name: f.name,
  issuer: providerInput.issuer,
  clientId: providerInput.clientId,
});
export const identityProviderUpdate = z.partial(z.strictObject(providerInput));
