import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { PROVIDER_KINDS } from "../access/login/provider-kinds.ts";

/**
 * The registry: who and what exists, and which policy holds. `docs/storage-schema.md` says what each row
 * means and how long it lives. Times are milliseconds since the Unix epoch. `version` counts changes of a
 * row and is its ETag.
 */

const created = { createdAt: integer("created_at").notNull(), updatedAt: integer("updated_at").notNull() };
const versioned = { version: integer("version").notNull().default(1), ...created };

/** Exactly one row: the network that this deployment serves. */
export const networks = sqliteTable("networks", {
  id: integer("id").primaryKey().default(1),
  name: text("name").notNull(),
  /** Seconds. Of the browser's sign-in at the auth host. */
  signInIdleSeconds: integer("sign_in_idle_seconds").notNull().default(43_200),
  signInAbsoluteSeconds: integer("sign_in_absolute_seconds").notNull().default(604_800),
  maxSessionsPerUser: integer("max_sessions_per_user").notNull().default(20),
  /** Whom people ask when they are not let in: an e-mail address, a URL, or words; empty for none. */
  contact: text("contact").notNull().default(""),
  /** Whether the launcher names apps to people who may not open them. */
  listsClosedApps: integer("lists_closed_apps", { mode: "boolean" }).notNull().default(false),
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
  /** The administrator's role, or null for someone who only uses apps. */
  role: text("role", { enum: ["owner", "admin", "auditor"] }),
  /** When the user's access ends by itself; null for one that lasts. */
  expiresAt: integer("expires_at"),
  /** Where the user's sign-in sessions live; set at the first sign-in. */
  homeRegion: text("home_region"),
  ...versioned,
});

export const identityProviders = sqliteTable("identity_providers", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** How people sign in with it; which of the other columns count is in `shared/access/login/provider-kinds.ts`. */
  kind: text("kind", { enum: PROVIDER_KINDS }).notNull().default("oidc"),
  /** Of GitHub, the origin of its pages; of a SAML provider, its entity id. */
  issuer: text("issuer").notNull(),
  clientId: text("client_id").notNull(),
  /** AES-GCM under SECRET_KEY; null for a public client. */
  clientSecretSealed: text("client_secret_sealed"),
  scopes: text("scopes").notNull().default("openid email profile"),
  /** Name of the claim, or the path to it with dots between the names. */
  groupsClaim: text("groups_claim").notNull().default("groups"),
  /** When a sign-in first held the groups claim; null after the claim was changed. */
  groupsSeenAt: integer("groups_seen_at"),
  /** When a sign-in last lacked the groups claim although none had held it yet. */
  groupsMissedAt: integer("groups_missed_at"),
  emailClaim: text("email_claim").notNull().default("email"),
  /** Whether an address counts of which the provider does not say that it is verified. An explicit no never counts. */
  emailVerified: text("email_verified", { enum: ["required", "absentIsTrusted"] })
    .notNull()
    .default("required"),
  /** JSON list: audiences besides us that an ID token may name. */
  trustedAudiences: text("trusted_audiences").notNull().default("[]"),
  /** JSON list of e-mail domains whose users may sign in; `[]` means only users that already exist. */
  allowedDomains: text("allowed_domains").notNull().default("[]"),
  /** Days after which the access of users that it makes ends; null for never. */
  guestDays: integer("guest_days"),
  /** SAML metadata as they were pasted; empty where they are fetched. */
  metadata: text("metadata").notNull().default(""),
  /** Where a SAML provider's metadata are fetched from; null where they were pasted. */
  metadataUrl: text("metadata_url"),
  /** JSON list of GitHub organisations: members of one may sign in, and their teams are groups. `[]` asks for none. */
  organizations: text("organizations").notNull().default("[]"),
  /** How a sign-in asks for a refresh token: not at all, by the scope `offline_access`, or by it and `prompt=consent`. */
  offlineAccess: text("offline_access", { enum: ["no", "scope", "consent"] })
    .notNull()
    .default("no"),
  /** How often the provider is asked again about a user of whom it gave a refresh token. */
  recheckMinutes: integer("recheck_minutes").notNull().default(15),
  /** How long after its last confirmation a user's sessions stand while the provider can't be asked. */
  recheckGraceHours: integer("recheck_grace_hours").notNull().default(24),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  ...versioned,
});

/** A user as one identity provider knows them. */
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
    /** JSON list: the group names of the last sign-in. */
    groups: text("groups").notNull().default("[]"),
    lastSignInAt: integer("last_sign_in_at"),
    ...created,
  },
  (t) => [
    uniqueIndex("identities_provider_subject").on(t.providerId, t.subject),
    index("identities_user").on(t.userId),
  ],
);

/** The refresh token of an identity, with which the provider is asked whether the user still stands. */
export const providerGrants = sqliteTable(
  "provider_grants",
  {
    identityId: text("identity_id")
      .primaryKey()
      .references(() => identities.id, { onDelete: "cascade" }),
    /** AES-GCM under SECRET_KEY. */
    tokenSealed: text("token_sealed").notNull(),
    /** `ending`: the provider no longer vouches for the user, whose sessions are being ended. */
    state: text("state", { enum: ["kept", "ending"] })
      .notNull()
      .default("kept"),
    /** Last time that the provider vouched for the user: at a sign-in or a check. */
    confirmedAt: integer("confirmed_at").notNull(),
    checkedAt: integer("checked_at").notNull(),
    dueAt: integer("due_at").notNull(),
    /** The check that is under way, and when it counts as lost. */
    claim: text("claim"),
    claimedUntil: integer("claimed_until").notNull().default(0),
    /** Requests with this token of which no answer is known: the provider may have replaced the token. */
    unanswered: integer("unanswered").notNull().default(0),
    /** A change of the user is stored, but live sessions may not have been told. */
    untold: integer("untold", { mode: "boolean" }).notNull().default(false),
    /** Why the last check failed, or why the sessions end; our own words. */
    problem: text("problem"),
  },
  (t) => [index("provider_grants_due").on(t.dueAt)],
);

export const groups = sqliteTable("groups", {
  id: text("id").primaryKey(),
  /** The Cedar entity id: `Group::"engineering"`. An identity provider's group of this name counts as membership. */
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  ...versioned,
});

/** Either a user or another group is a member of a group. Cycles are refused when written. */
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
    segmentId: text("segment_id")
      .notNull()
      .references(() => segments.id, { onDelete: "restrict" }),
    /** JSON list of strings, in Cedar `resource.tags`. */
    tags: text("tags").notNull().default("[]"),
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
  /** A name for people and files; each Cedar statement in it is `<name>#<n>`. */
  name: text("name").notNull().unique(),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  currentVersion: integer("current_version").notNull(),
  ...versioned,
});

export const policyVersions = sqliteTable(
  "policy_versions",
  {
    /** No reference: versions stay when their policy is deleted, since decisions cite them. */
    policyId: text("policy_id").notNull(),
    number: integer("number").notNull(),
    /** Cedar text as the administrator wrote it. */
    source: text("source").notNull(),
    /** JSON list of `{ id, policy }`, Cedar's JSON policy format: what the compiler reads. */
    compiled: text("compiled").notNull(),
    /** JSON list of the tests that had to hold when it was published, as the API takes them. */
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
  /** The secret before the last rotation, good until `previousUntil`. */
  previousHash: text("previous_hash"),
  previousUntil: integer("previous_until"),
  /** JSON list of group names. */
  groups: text("groups").notNull().default("[]"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  expiresAt: integer("expires_at"),
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

/** Where each live session is, so that it can be listed and ended. The session object holds the truth. */
export const sessionsIndex = sqliteTable(
  "sessions_index",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: ["sign_in", "app"] }).notNull(),
    /** Name of the SegmentSessions object: `<segment>/<region>/<shard>`. */
    owner: text("owner").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Of an app session: its app and the sign-in session above it. */
    appId: text("app_id"),
    /** What the app was called when it was deleted, since its row is gone then. */
    appName: text("app_name"),
    parentId: text("parent_id"),
    /** The identity provider that vouches for it; null in rows of older releases. */
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

/** Finds administrative and session events in the audit log without reading it. */
export const auditIndex = sqliteTable(
  "audit_index",
  {
    /** Leaf number in the Merkle log. */
    leaf: integer("leaf").primaryKey(),
    at: integer("at").notNull(),
    kind: text("kind").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
  },
  (t) => [index("audit_actor").on(t.actor, t.leaf), index("audit_target").on(t.target, t.leaf)],
);

/** Answers to writes by idempotency key, kept for 24 hours. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    /** Hash of caller and key. */
    key: text("key").primaryKey(),
    requestHash: text("request_hash").notNull(),
    status: integer("status").notNull(),
    body: text("body").notNull(),
    etag: text("etag"),
    createdAt: integer("created_at").notNull().default(sql`0`),
  },
  (t) => [index("idempotency_created").on(t.createdAt)],
);
