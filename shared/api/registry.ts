import * as z from "zod/mini";
import { FIRST_PASSKEY } from "../access/login/passkey/first.ts";
import { PROVIDER_KINDS } from "../access/login/provider-kinds.ts";
import { TRIAL_STEPS } from "../access/login/provider-trial.ts";
import { prefixOf } from "../net/prefix.ts";
import { CHECK_LIMITS, parseDeviceCheck } from "../node/config/device-check.ts";
import { appSettings, appSettingsUpdate } from "./app-settings.ts";
import * as f from "./fields.ts";

/** Resources of the registry: the network, its people, its groups, segments, apps and identity providers. */

export const network = z.object({
  name: z.string(),
  signInIdleSeconds: z.int(),
  signInAbsoluteSeconds: z.int(),
  maxSessionsPerUser: z.int(),
  contact: z.string(),
  listsClosedApps: z.boolean(),
  reportsFlows: z.boolean(),
  adaptive: z.boolean(),
  adaptivePerDay: z.int(),
  adaptivePercent: z.int(),
  adaptiveDays: z.int(),
  firstPasskey: z.enum(FIRST_PASSKEY),
  firstPasskeyNetworks: z.array(z.string()),
  authOrigin: z.string(),
  hubOrigin: z.string(),
  ...f.rowFields,
});

const networkInput = {
  name: f.said(f.name, "what people know it by"),
  signInIdleSeconds: f.said(f.seconds(31_536_000), "seconds without use after which a sign-in ends"),
  signInAbsoluteSeconds: f.said(f.seconds(31_536_000), "seconds after which a sign-in ends in any case"),
  maxSessionsPerUser: f.said(
    f.integer(1, 1_000),
    "how many sign-ins, and sessions of each app, a user may have",
  ),
  contact: f.said(
    f.line(200),
    "whom people ask who are not let in: an e-mail address, a URL, or words; empty for none",
  ),
  listsClosedApps: f.said(z.boolean(), "whether the list of apps names those that a person may not open"),
  reportsFlows: f.said(
    z.boolean(),
    "whether nodes report the connections between them; without it, what they reported is forgotten",
  ),
  adaptive: f.said(
    z.boolean(),
    "whether rules between nodes are narrowed by themselves to what is used of them, within the budget",
  ),
  adaptivePerDay: f.said(f.integer(1, 100), "how many rules may be narrowed by themselves in 24 hours"),
  adaptivePercent: f.said(
    f.integer(1, 100),
    "how many hundredths of all permissions may be taken away by themselves in 24 hours",
  ),
  adaptiveDays: f.said(
    f.integer(7, 30),
    "for how many days all nodes of a rule must have been heard before it is narrowed by itself",
  ),
  firstPasskey: f.said(
    z.enum(FIRST_PASSKEY),
    "from where people may enrol a first passkey: anywhere, the named networks alone, or only by invitation; an invitation is good from everywhere",
  ),
  firstPasskeyNetworks: f.said(
    f.list(
      f
        .line(49)
        .check(
          z.refine(
            (text) => prefixOf(text) !== null,
            "must be a prefix such as 203.0.113.0/24 or 2001:db8::/48",
          ),
        ),
      50,
    ),
    "the networks of `firstPasskey: networks`, as prefixes of public addresses",
  ),
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
  expiresAt: z.nullable(f.instant),
  /** Names of the groups that the user is directly a member of in the registry. */
  groups: z.array(z.string()),
  ...f.rowFields,
});

const userInput = {
  email: f.said(f.email, "the address by which an identity provider knows them"),
  name: f.said(f.line(200), "their name, for people"),
  status: f.said(z.enum(["active", "disabled"]), "whoever is disabled is signed out and kept out"),
  role: z.nullable(f.said(f.role, "what they may administer")),
  expiresAt: z.nullable(f.said(f.instant, "when their access ends by itself; never without")),
};
export const userCreate = z.extend(z.partial(z.strictObject(userInput)), { email: userInput.email });
export const userUpdate = z.partial(z.strictObject(userInput));

export const userQuery = {
  ...f.listQuery,
  status: z.optional(f.said(z.enum(["active", "disabled"]), "only these")),
  role: z.optional(f.said(f.role, "only those who have this role here")),
  group: z.optional(f.said(f.reference, "only direct members of this group, by name or id")),
};

export const group = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** The provider that manages it by SCIM; null for a group of the administrators. */
  providerId: z.nullable(z.string()),
  ...f.rowFields,
});
const described = { description: z.optional(f.said(f.line(500), "what it is for")) };
export const groupCreate = z.strictObject({
  name: f.said(f.groupName, "what policies cite it by"),
  ...described,
});
export const groupUpdate = z.partial(groupCreate);

export const memberKind = z.enum(["user", "group"]);
export const groupMember = z.object({
  kind: memberKind,
  id: z.string(),
  /** The user's e-mail or the group's name. */
  name: z.string(),
  createdAt: f.instant,
});

export const segment = z.extend(z.omit(group, { providerId: true }), { deviceChecks: z.array(z.string()) });
const deviceCheck = z.string().check(
  z.maxLength(1_000),
  z.refine(
    (line) => parseDeviceCheck(line) !== null,
    "must be such as `edr = process /opt/edr/edrd` or `ca = file /etc/ssl/corp.pem sha256:…`, with a path in a directory of programs, without wildcards",
  ),
);
export const segmentCreate = z.strictObject({
  name: f.said(f.name, "what policies cite it by"),
  ...described,
  deviceChecks: z.optional(
    f.said(
      f
        .list(deviceCheck, CHECK_LIMITS.checks)
        .check(
          z.refine(
            (lines) => new Set(lines.map((line) => parseDeviceCheck(line)?.name)).size === lines.length,
            "must not name two checks alike",
          ),
        ),
      "what its machines look for, if they prove themselves to browsers: `edr = process /opt/edr/edrd`",
    ),
  ),
});
export const segmentUpdate = z.partial(segmentCreate);

export const app = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  host: z.string(),
  otherHosts: z.array(z.string()),
  segmentId: z.string(),
  /** The segment's name. */
  segment: z.string(),
  tags: z.array(z.string()),
  enabled: z.boolean(),
  upstreams: z.array(z.string()),
  through: z.array(z.string()),
  settings: appSettings,
  ...f.rowFields,
});

/** A sign-in leads the browser through all hosts of an app, and browsers follow about 20 redirects. */
const MOST_HOSTS = 5;

const appInput = {
  name: f.said(f.label, "what policies cite it by"),
  title: f.said(f.line(200), "what people read; its name unless said"),
  host: f.said(f.host, "the host under which people reach it"),
  otherHosts: f.said(
    f.list(f.host, MOST_HOSTS - 1),
    "further hosts of the same application, such as that of its API; a sign-in at one is a sign-in at all",
  ),
  segment: f.said(f.reference, "id or name of its segment"),
  tags: f.said(f.list(f.name, 50), "what policies may ask for by `resource.tags`"),
  enabled: f.said(z.boolean(), "whether it is served"),
  // Which addresses are allowed is checked by the hub.
  upstreams: f.said(
    f.list(f.line(512), 10).check(z.minLength(1)),
    "origins where it really is, the first one first",
  ),
  through: f.said(
    f.list(f.connector, 20),
    "the agents of a private application, as `tag:NAME` or `node:NAME`; empty when the edge dials it itself",
  ),
  settings: f.said(appSettingsUpdate, "how the gateway treats it"),
};
export const appCreate = z.extend(z.partial(z.strictObject(appInput)), {
  name: appInput.name,
  host: appInput.host,
  segment: appInput.segment,
  upstreams: appInput.upstreams,
});
export const appUpdate = z.partial(z.strictObject(appInput));
export const appQuery = {
  ...f.listQuery,
  segment: z.optional(f.said(f.reference, "only of this segment, by id or name")),
  enabled: z.optional(f.said(z.enum(["true", "false"]), "only those that are switched on, or off")),
};

export const identityProvider = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(PROVIDER_KINDS),
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
  guestDays: z.nullable(z.number()),
  metadata: z.string(),
  metadataUrl: z.nullable(z.string()),
  organizations: z.array(z.string()),
  offlineAccess: z.enum(["no", "scope", "consent"]),
  recheckMinutes: z.number(),
  recheckGraceHours: z.number(),
  believesMethods: z.boolean(),
  secondFactorAcr: z.array(z.string()),
  enabled: z.boolean(),
  ...f.rowFields,
});

/** A provider as it was saved, and what would not work with it, in words; asked of the provider itself. */
export const identityProviderSaved = z.extend(identityProvider, {
  problems: z.optional(z.array(z.string())),
});

/** What a trial of a provider found; see `judgeTrial`. */
export const providerTrial = z.object({
  /** Nothing that was seen makes sign-ins fail. */
  passed: z.boolean(),
  /** What must be registered at the provider. */
  redirectUri: z.string(),
  checks: z.array(
    z.object({
      step: z.enum(TRIAL_STEPS),
      result: z.enum(["good", "warn", "bad", "unknown"]),
      findings: z.array(z.string()),
    }),
  ),
});

const providerInput = {
  name: f.said(f.name, "what the sign-in page calls it"),
  kind: f.said(
    z.enum(PROVIDER_KINDS),
    "how people sign in with it; it can't be changed later, and some fields are of one kind only",
  ),
  issuer: f.said(
    f.url,
    "its URL, as its discovery document names it; of GitHub Enterprise, its origin; of SAML, the entity id",
  ),
  clientId: f.said(f.line(500).check(z.minLength(1)), "as which it knows this network"),
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
  guestDays: z.nullable(
    f.said(f.integer(1, 3_650), "days after which the access of users that it makes ends; never without"),
  ),
  metadata: f.said(
    z.string().check(z.maxLength(65_536)),
    "metadata of a SAML provider, as XML; where it has a URL for them, rather that",
  ),
  metadataUrl: z.nullable(
    f.said(f.url, "where the metadata of a SAML provider are, so that a new key of it is known by itself"),
  ),
  organizations: f
    .list(f.githubOrganization, 20)
    .check(
      z.describe("GitHub organisations: only their members sign in, and `org` and `org/team` are groups"),
    ),
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
  believesMethods: f.said(
    z.boolean(),
    "whether to believe what it says of how a person signed in (amr, acr), such as a second factor",
  ),
  secondFactorAcr: f
    .list(
      f.line(255).check(z.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must hold no space, quote or backslash")),
      10,
    )
    .check(z.describe("authentication contexts (acr) that mean a second factor; a step-up asks for them")),
  enabled: f.said(z.boolean(), "whether people may sign in by it"),
};
/** Which fields a kind needs and takes is in `provider-kinds.ts`. */
export const identityProviderCreate = z.extend(z.partial(z.strictObject(providerInput)), {
  name: providerInput.name,
});
export const identityProviderUpdate = z.partial(z.strictObject(providerInput));
