import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { nodes } from "./mesh-schema.ts";
import { identityProviders, users } from "./schema.ts";

/** Who sends us security events, and what came: see `docs/signals.md`. */

export const signalTransmitters = sqliteTable("signal_transmitters", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** `risc`: tokens as Google sends them, from before SSF 1.0. */
  kind: text("kind", { enum: ["ssf", "risc"] })
    .notNull()
    .default("ssf"),
  /** The `iss` of its tokens. */
  issuer: text("issuer").notNull(),
  /** Where its keys are. Null if `/.well-known/ssf-configuration` of the issuer says it. */
  jwksUri: text("jwks_uri"),
  /** The `aud` of its tokens. */
  audience: text("audience").notNull(),
  /** The provider whose people it may speak of, and of no others. */
  providerId: text("provider_id")
    .notNull()
    .references(() => identityProviders.id, { onDelete: "cascade" }),
  /** The hash of the bearer token that it must show. Null if the signature alone is its proof. */
  tokenHash: text("token_hash"),
  /** JSON: what each kind of event does, where it is not the default. `ChosenEffects` of `shared/access/signals`. */
  effects: text("effects").notNull().default("{}"),
  /** JSON list of `QuarantineReason`: which events put nodes into quarantine. */
  quarantines: text("quarantines").notNull().default("[]"),
  /** Whether it may raise the risk of owners. */
  ratesOwners: integer("rates_owners", { mode: "boolean" }).notNull().default(false),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  /** When a verification event last came, and its state. */
  verifiedAt: integer("verified_at"),
  verifiedState: text("verified_state"),
  /** What the transmitter last said of its stream: `enabled`, `paused`, `disabled`. */
  streamStatus: text("stream_status"),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/**
 * The signals that came, and what each caused. They are the memory by which a token is told from one that is sent
 * again, and a late signal from a newer one, so they are kept for longer than a token may be old.
 */
export const signalEvents = sqliteTable(
  "signal_events",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    transmitterId: text("transmitter_id")
      .notNull()
      .references(() => signalTransmitters.id, { onDelete: "cascade" }),
    jti: text("jti").notNull(),
    event: text("event").notNull(),
    /** Whom it names, in words. */
    subject: text("subject").notNull(),
    /** Empty if it names nobody who is known here. */
    userId: text("user_id").notNull().default(""),
    eventAt: integer("event_at").notNull(),
    receivedAt: integer("received_at").notNull(),
    /** Null while it is being heeded. */
    outcome: text("outcome"),
    /** How many sessions it ended. */
    ended: integer("ended").notNull().default(0),
    /** The entry of the audit log. */
    entry: text("entry"),
  },
  (t) => [
    uniqueIndex("signal_events_token").on(t.transmitterId, t.jti, t.event, t.userId),
    index("signal_events_person").on(t.userId, t.transmitterId, t.event),
    index("signal_events_received").on(t.receivedAt),
  ],
);

/**
 * Why signals keep nodes in quarantine. A reason that is gone stays, so that an older event does not bring it back. With its
 * transmitter it goes, and then only a person lets the node out.
 */
export const signalQuarantines = sqliteTable(
  "signal_quarantines",
  {
    nodeId: text("node_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    transmitterId: text("transmitter_id")
      .notNull()
      .references(() => signalTransmitters.id, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    /** When the transmitter's event came about. */
    at: integer("at").notNull(),
    holds: integer("holds", { mode: "boolean" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.nodeId, t.transmitterId, t.reason] })],
);

/** Whom we tell of our own findings: a stream of SSF 1.0, made by an administrator. */
export const signalReceivers = sqliteTable("signal_receivers", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** The origin of the address that tokens are pushed to. */
  target: text("target").notNull(),
  /** The whole address, encrypted with AES-GCM under SECRET_KEY. */
  addressSealed: text("address_sealed").notNull(),
  /** The `Authorization` header that goes with each token, encrypted in the same way. Null for none. */
  authorizationSealed: text("authorization_sealed"),
  /** The `aud` of its tokens. */
  audience: text("audience").notNull(),
  /** What it knows people by. */
  subjects: text("subjects", { enum: ["email", "iss_sub"] })
    .notNull()
    .default("email"),
  /** JSON list of `SentEvent`. */
  events: text("events").notNull(),
  /** The hash of the token with which the receiver manages its stream. */
  tokenHash: text("token_hash").notNull().unique(),
  /** What the receiver last asked for (SSF 1.0 §8.1.2). */
  status: text("status", { enum: ["enabled", "paused", "disabled"] })
    .notNull()
    .default("enabled"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** People of whom a receiver does not want to hear. */
export const signalExclusions = sqliteTable(
  "signal_exclusions",
  {
    receiverId: text("receiver_id")
      .notNull()
      .references(() => signalReceivers.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.receiverId, t.userId] })],
);

/** Tokens on their way to receivers. */
export const signalLetters = sqliteTable(
  "signal_letters",
  {
    /** The `jti`. */
    id: text("id").primaryKey(),
    receiverId: text("receiver_id")
      .notNull()
      .references(() => signalReceivers.id, { onDelete: "cascade" }),
    event: text("event").notNull(),
    /** JSON; signed at each try by the key of that time. */
    claims: text("claims").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Null if it is not tried again: it was taken, or given up. */
    dueAt: integer("due_at"),
    failures: integer("failures").notNull().default(0),
    takenAt: integer("taken_at"),
    /** Why the last try failed, in words. */
    why: text("why"),
  },
  (t) => [
    index("signal_letters_due").on(t.dueAt),
    index("signal_letters_receiver").on(t.receiverId, t.createdAt),
  ],
);

/** Exactly one row: up to which entry the audit log's index was read for signals. */
export const signalCursor = sqliteTable("signal_cursor", {
  one: integer("one").primaryKey().default(1),
  leaf: integer("leaf").notNull(),
});
