import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { FIRST_PASSKEY } from "../access/login/passkey/first.ts";
import { PROVIDER_KINDS } from "../access/login/provider-kinds.ts";

/**
 * The registry: which users and things exist, and which policies hold. `docs/storage-schema.md` says what
 * each row means and how long it lives. Times are milliseconds since the Unix epoch. `version` counts the
 * changes of a row and is its ETag.
 */

const created = { createdAt: integer("created_at").notNull(), updatedAt: integer("updated_at").notNull() };
const versioned = { version: integer("version").notNull().default(1), ...created };

/** Exactly one row: the network that this deployment serves. */
export const networks = sqliteTable("networks", {
  id: integer("id").primaryKey().default(1),
  name: text("name").notNull(),
  /** In seconds, for the browser's sign-in at the auth host. */
  signInIdleSeconds: integer("sign_in_idle_seconds").notNull().default(43_200),
  signInAbsoluteSeconds: integer("sign_in_absolute_seconds").notNull().default(604_800),
  maxSessionsPerUser: integer("max_sessions_per_user").notNull().default(20),
  /** The contact for people who are not let in: an e-mail address, a URL, or words. Empty if there is none. */
  contact: text("contact").notNull().default(""),
  /** Whether the launcher shows people the names of apps that they may not open. */
  listsClosedApps: integer("lists_closed_apps", { mode: "boolean" }).notNull().default(false),
  /** Whether nodes report the connections between them. */
  reportsFlows: integer("reports_flows", { mode: "boolean" }).notNull().default(true),
  /** Whether rules between nodes are narrowed by themselves to what is used of them, and how far in 24 hours. */
  adaptive: integer("adaptive", { mode: "boolean" }).notNull().default(false),
  adaptivePerDay: integer("adaptive_per_day").notNull().default(2),
  adaptivePercent: integer("adaptive_percent").notNull().default(5),
  /** For how many days nodes must have been heard first. */
  adaptiveDays: integer("adaptive_days").notNull().default(14),
  /** From where people may enrol a first passkey without an invitation. */
  firstPasskey: text("first_passkey", { enum: FIRST_PASSKEY }).notNull().default("anywhere"),
  /** JSON list of prefixes, for `networks`. */
  firstPasskeyNetworks: text("first_passkey_networks").notNull().default("[]"),
  ...versioned,
});

export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  /** Lower case, exactly one `@`. */
  email: text("email").notNull().unique(),
  name: text("name").notNull().default(""),
  status: text("status", { enum: ["active", "disabled"] })
    .notNull()
    .default("active"),
  /** The administrator's role. Null for a person who only uses apps. */
  role: text("role", { enum: ["owner", "admin", "auditor"] }),
  /** When the user's access ends automatically. Null for access without an end. */
  expiresAt: integer("expires_at"),
  /** The region where the user's sign-in sessions are stored. It is set at the first sign-in. */
  homeRegion: text("home_region"),
  ...versioned,
});

/** What speaks for risk about a user, one row for each source. A session object gets it with the user. */
export const userRisks = sqliteTable(
  "user_risks",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Who says so: `administrator`, or the name of a program. */
    source: text("source").notNull(),
    kind: text("kind").notNull(),
    /** From 1 to 100, at the moment `at`. 0 if the source took back what it said. */
    score: integer("score").notNull(),
    at: integer("at").notNull(),
    halfLifeSeconds: integer("half_life_seconds").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.source, t.kind] })],
);

export const identityProviders = sqliteTable("identity_providers", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /**
   * How people sign in with the provider. `shared/access/login/provider-kinds.ts` says which other columns
   * this kind uses.
   */
  kind: text("kind", { enum: PROVIDER_KINDS }).notNull().default("oidc"),
  /** For GitHub, the origin of its pages. For a SAML provider, its entity id. */
  issuer: text("issuer").notNull(),
  clientId: text("client_id").notNull(),
  /** AES-GCM under SECRET_KEY; null for a public client. */
  clientSecretSealed: text("client_secret_sealed"),
  scopes: text("scopes").notNull().default("openid email profile"),
  /** The name of the claim, or the path to the claim with dots between the names. */
  groupsClaim: text("groups_claim").notNull().default("groups"),
  /** When a sign-in first contained the groups claim. Null again after the claim's name was changed. */
  groupsSeenAt: integer("groups_seen_at"),
  /** When a sign-in last lacked the groups claim. Set only while no sign-in has contained the claim. */
  groupsMissedAt: integer("groups_missed_at"),
  emailClaim: text("email_claim").notNull().default("email"),
  /**
   * Whether an address counts if the provider doesn't say that it is verified. If the provider says that the
   * address is not verified, it never counts.
   */
  emailVerified: text("email_verified", { enum: ["required", "absentIsTrusted"] })
    .notNull()
    .default("required"),
  /** JSON list: audiences besides our own client that an ID token may name. */
  trustedAudiences: text("trusted_audiences").notNull().default("[]"),
  /** JSON list of e-mail domains whose users may sign in. With `[]`, only existing users may sign in. */
  allowedDomains: text("allowed_domains").notNull().default("[]"),
  /** The access of users that this provider creates ends after this many days. Null for never. */
  guestDays: integer("guest_days"),
  /** The SAML metadata as an administrator pasted them. Empty if the metadata are fetched. */
  metadata: text("metadata").notNull().default(""),
  /** The URL from which a SAML provider's metadata are fetched. Null if the metadata were pasted. */
  metadataUrl: text("metadata_url"),
  /**
   * JSON list of GitHub organizations. Their members may sign in, and their teams become groups. With `[]`,
   * no organization is required.
   */
  organizations: text("organizations").notNull().default("[]"),
  /**
   * How a sign-in asks for a refresh token: not at all, with the scope `offline_access`, or with this scope
   * and `prompt=consent`.
   */
  offlineAccess: text("offline_access", { enum: ["no", "scope", "consent"] })
    .notNull()
    .default("no"),
  /** How often the provider is asked again about a user, if it gave a refresh token for the user. */
  recheckMinutes: integer("recheck_minutes").notNull().default(15),
  /** How long a user's sessions go on after the last confirmation while the provider can't be asked. */
  recheckGraceHours: integer("recheck_grace_hours").notNull().default(24),
  /** Whether `amr` and `acr` of this provider are believed. If not, they are dropped. */
  believesMethods: integer("believes_methods", { mode: "boolean" }).notNull().default(true),
  /** JSON list of authentication contexts (`acr`) that mean a second factor. The provider is asked for them. */
  secondFactorAcr: text("second_factor_acr").notNull().default("[]"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  ...versioned,
});

/** A user in the records of one identity provider. */
export const identities = sqliteTable(
  "identities",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    providerId: text("provider_id")
      .notNull()
      .references(() => identityProviders.id, { onDelete: "cascade" }),
    subject: text("subject").notNull(),
    /** JSON list: the group names from the last sign-in. */
    groups: text("groups").notNull().default("[]"),
    lastSignInAt: integer("last_sign_in_at"),
    ...created,
  },
  (t) => [
    uniqueIndex("identities_provider_subject").on(t.providerId, t.subject),
    index("identities_user").on(t.userId),
  ],
);

/** The refresh token of an identity. With it we ask the provider whether the user is still valid. */
export const providerGrants = sqliteTable(
  "provider_grants",
  {
    identityId: text("identity_id")
      .primaryKey()
      .references(() => identities.id, { onDelete: "cascade" }),
    /** AES-GCM under SECRET_KEY. */
    tokenSealed: text("token_sealed").notNull(),
    /** `ending`: the provider no longer confirms the user, and the user's sessions are being ended. */
    state: text("state", { enum: ["kept", "ending"] })
      .notNull()
      .default("kept"),
    /** The last time that the provider confirmed the user, at a sign-in or a check. */
    confirmedAt: integer("confirmed_at").notNull(),
    checkedAt: integer("checked_at").notNull(),
    dueAt: integer("due_at").notNull(),
    /** The current check, and the time when it counts as lost. */
    claim: text("claim"),
    claimedUntil: integer("claimed_until").notNull().default(0),
    /** Requests with this token that got no answer. The provider may have replaced the token in a lost answer. */
    unanswered: integer("unanswered").notNull().default(0),
    /** A change of the user is stored, but live sessions may not know it yet. */
    untold: integer("untold", { mode: "boolean" }).notNull().default(false),
    /** Why the last check failed or why the sessions end, in our own words. */
    problem: text("problem"),
  },
  (t) => [index("provider_grants_due").on(t.dueAt)],
);

export const groups = sqliteTable(
  "groups",
  {
    id: text("id").primaryKey(),
    /**
     * The Cedar entity id: `Group::"engineering"`. A group of an identity provider with this name counts as
     * this group.
     */
    name: text("name").notNull().unique(),
    description: text("description").notNull().default(""),
    /** The provider that manages the group by SCIM. Null for a group of the administrators. */
    providerId: text("provider_id").references(() => identityProviders.id, { onDelete: "cascade" }),
    /** The id that the provider gave to the group. Null if it gave none. */
    externalId: text("external_id"),
    ...versioned,
  },
  (t) => [index("groups_provider").on(t.providerId)],
);

/** A member of a group is either a user or another group. A write that would make a cycle is refused. */
export const groupMembers = sqliteTable(
  "group_members",
  {
    groupId: text("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
    memberKind: text("member_kind", { enum: ["user", "group"] }).notNull(),
    memberId: text("member_id").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.groupId, t.memberKind, t.memberId] }),
    index("group_members_member").on(t.memberId),
  ],
);

export const segments = sqliteTable("segments", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  /** JSON list of lines: what its machines look for. See `shared/node/config/device-check.ts`. */
  deviceChecks: text("device_checks").notNull().default("[]"),
  ...versioned,
});

export const apps = sqliteTable(
  "apps",
  {
    id: text("id").primaryKey(),
    /** The Cedar entity id: `App::"wiki"`. A DNS label. */
    name: text("name").notNull().unique(),
    title: text("title").notNull(),
    /** Lower case, no port, no trailing dot. */
    host: text("host").notNull().unique(),
    /** JSON list of further hosts. No host belongs to two apps. */
    otherHosts: text("other_hosts").notNull().default("[]"),
    segmentId: text("segment_id")
      .notNull()
      .references(() => segments.id, { onDelete: "restrict" }),
    /** JSON list of strings, in Cedar `resource.tags`. */
    tags: text("tags").notNull().default("[]"),
    /** JSON list of `tag:NAME` and `node:NAME`: the agents of a private app. With `[]`, the edge dials the app. */
    through: text("through").notNull().default("[]"),
    enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
    /** JSON `AppSettings` of `shared/registry/app-settings.ts`. */
    settings: text("settings").notNull().default("{}"),
    ...versioned,
  },
  (t) => [index("apps_segment").on(t.segmentId)],
);

export const upstreams = sqliteTable(
  "upstreams",
  {
    id: text("id").primaryKey(),
    appId: text("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** Origin only: scheme, host, port. */
    url: text("url").notNull(),
    position: integer("position").notNull().default(0),
    ...created,
  },
  (t) => [uniqueIndex("upstreams_app_url").on(t.appId, t.url)],
);

export const policies = sqliteTable("policies", {
  id: text("id").primaryKey(),
  /** A name for people and files. Each Cedar statement in the policy is named `<name>#<n>`. */
  name: text("name").notNull().unique(),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  /**
   * Whether a policy that is not enabled is evaluated beside the others. Its verdict is recorded and never
   * decides.
   */
  shadow: integer("shadow", { mode: "boolean" }).notNull().default(false),
  currentVersion: integer("current_version").notNull(),
  ...versioned,
});

export const policyVersions = sqliteTable(
  "policy_versions",
  {
    /** Not a foreign key: versions stay when their policy is deleted, because decisions cite them. */
    policyId: text("policy_id").notNull(),
    number: integer("number").notNull(),
    /** The Cedar text as the administrator wrote it. */
    source: text("source").notNull(),
    /** JSON list of `{ id, policy }` in Cedar's JSON policy format. The compiler reads this list. */
    compiled: text("compiled").notNull(),
    /** JSON list of the tests that had to pass when the version was published, in the API's form. */
    tests: text("tests").notNull().default("[]"),
    author: text("author").notNull(),
    note: text("note").notNull().default(""),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.policyId, t.number] })],
);

/** A credential of a program that calls an app. */
export const serviceTokens = sqliteTable("service_tokens", {
  id: text("id").primaryKey(),
  /** The Cedar entity id: `ServiceToken::"ci"`. */
  name: text("name").notNull().unique(),
  secretHash: text("secret_hash").notNull(),
  /** The hash of the secret before the last rotation. That secret is valid until `previousUntil`. */
  previousHash: text("previous_hash"),
  previousUntil: integer("previous_until"),
  /** JSON list of group names. */
  groups: text("groups").notNull().default("[]"),
  /** JSON `Federation` of `shared/access/workload`: how programs prove themselves without a secret. Null if they don't. */
  federation: text("federation"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  expiresAt: integer("expires_at"),
  /** After how many days without use the token is disabled. Null for never. */
  unusedDays: integer("unused_days"),
  /** Written at most once an hour. */
  lastUsedAt: integer("last_used_at"),
  ...versioned,
});

/** A credential for the admin API. */
export const apiTokens = sqliteTable("api_tokens", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  secretHash: text("secret_hash").notNull().unique(),
  role: text("role", { enum: ["owner", "admin", "auditor"] }).notNull(),
  userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
  expiresAt: integer("expires_at"),
  lastUsedAt: integer("last_used_at"),
  ...versioned,
});

/**
 * Where each live session is, so that it can be listed and ended. The session object has the authoritative
 * data.
 */
export const sessionsIndex = sqliteTable(
  "sessions_index",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: ["sign_in", "app"] }).notNull(),
    /** The name of the SegmentSessions object: `<segment>/<region>/<shard>`. */
    owner: text("owner").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Only for an app session: its app and its sign-in session. */
    appId: text("app_id"),
    /** The app's name when the app was deleted, because the app's row is gone then. */
    appName: text("app_name"),
    parentId: text("parent_id"),
    /** The identity provider that confirmed the user. Null in rows of older releases. */
    providerId: text("provider_id"),
    ip: text("ip").notNull().default(""),
    userAgent: text("user_agent").notNull().default(""),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    endedAt: integer("ended_at"),
    endReason: text("end_reason"),
  },
  (t) => [
    index("sessions_user").on(t.userId, t.endedAt),
    index("sessions_app").on(t.appId, t.endedAt),
    index("sessions_expiry").on(t.expiresAt),
    index("sessions_parent").on(t.parentId),
    index("sessions_provider").on(t.providerId, t.endedAt),
  ],
);
