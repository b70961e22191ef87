import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { NODE_STATUSES } from "./node-status.ts";
import { segments, users } from "./schema.ts";

/**
 * The registry of the mesh: nodes, what lets them in, and who may talk to whom. Every change of what nodes apply
 * raises `mesh_state.revision` in its own batch and stamps the rows that it changed, so that a segment's object
 * reads only what is newer than what it knows: `meshChange` sees to it, and triggers where users, segments and the
 * network itself change.
 */

const created = { createdAt: integer("created_at").notNull(), updatedAt: integer("updated_at").notNull() };
const versioned = { version: integer("version").notNull().default(1), ...created };
const stamped = { revision: integer("revision").notNull() };

/** Exactly one row. */
export const meshState = sqliteTable("mesh_state", {
  id: integer("id").primaryKey().default(1),
  /** `net_…`: unique to the network for ever. */
  networkId: text("network_id").notNull(),
  /** The network's ULA prefix, such as `fd12:3456:789a::/48`. */
  ipv6Prefix: text("ipv6_prefix").notNull(),
  /** Of the newest change of anything that nodes apply. */
  revision: integer("revision").notNull().default(0),
  /** Of the newest change of any rule. */
  rulesRevision: integer("rules_revision").notNull().default(0),
  /** Of the newest root document; 0 before the first one. */
  rootVersion: integer("root_version").notNull().default(0),
  epoch: integer("epoch").notNull().default(0),
  /** The first address that no node ever had. */
  nextAddress: integer("next_address").notNull().default(0),
  leaseSeconds: integer("lease_seconds").notNull().default(86_400),
  pollSeconds: integer("poll_seconds").notNull().default(30),
  createdAt: integer("created_at").notNull(),
});

/** The chain of root documents, as the root role signed them. */
export const rootDocuments = sqliteTable("root_documents", {
  version: integer("version").primaryKey(),
  epoch: integer("epoch").notNull(),
  /** DSSE envelope. */
  envelope: text("envelope").notNull(),
  /** Base64url SHA-256 of the payload's bytes: what an enrolment key carries. */
  payloadHash: text("payload_hash").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** What lets new nodes in. */
export const enrolmentKeys = sqliteTable("enrolment_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** SHA-256 of the key's text before the dot. */
  secretHash: text("secret_hash").notNull().unique(),
  segmentId: text("segment_id")
    .notNull()
    .references(() => segments.id, { onDelete: "restrict" }),
  /** JSON list of strings that every node of this key carries. */
  tags: text("tags").notNull().default("[]"),
  /** Owner of the nodes, or null for machines that belong to nobody. */
  userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
  maxUses: integer("max_uses").notNull().default(1),
  uses: integer("uses").notNull().default(0),
  ephemeral: integer("ephemeral", { mode: "boolean" }).notNull().default(false),
  preApproved: integer("pre_approved", { mode: "boolean" }).notNull().default(false),
  expiresAt: integer("expires_at").notNull(),
  revokedAt: integer("revoked_at"),
  /** When its nodes have come and gone so often that the key may let others in again: see `Allowance`. */
  leftUntil: integer("left_until").notNull().default(0),
  ...versioned,
});

/** Challenges that were answered, so that none is answered twice. */
export const usedChallenges = sqliteTable(
  "used_challenges",
  { hash: text("hash").primaryKey(), expiresAt: integer("expires_at").notNull() },
  (t) => [index("used_challenges_expiry").on(t.expiresAt)],
);

/** What happened and the audit log has not confirmed yet: saved with the fact, deleted once the log has it. */
export const pendingEvents = sqliteTable(
  "pending_events",
  {
    /** Of the entry, so that the log takes it once however often it is sent. */
    id: text("id").primaryKey(),
    target: text("target").notNull(),
    /** The entry as JSON. */
    entry: text("entry").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("pending_events_target").on(t.target)],
);

/** A machine. The long keys stand last: most queries leave them out. */
export const nodes = sqliteTable(
  "nodes",
  {
    id: text("id").primaryKey(),
    /** A DNS label. */
    name: text("name").notNull().unique(),
    status: text("status", { enum: NODE_STATUSES }).notNull(),
    segmentId: text("segment_id")
      .notNull()
      .references(() => segments.id, { onDelete: "restrict" }),
    tags: text("tags").notNull().default("[]"),
    userId: text("user_id").references(() => users.id, { onDelete: "set null" }),
    /** Which of the overlay's addresses is the node's: see `addresses.ts`. */
    addressIndex: integer("address_index").notNull().unique(),
    /** Host name as the machine had it. */
    hostname: text("hostname").notNull(),
    ephemeral: integer("ephemeral", { mode: "boolean" }).notNull().default(false),
    enrolmentKeyId: text("enrolment_key_id").notNull(),
    /** JSON list: prefixes that the node offers to forward to. */
    offeredRoutes: text("offered_routes").notNull().default("[]"),
    /** JSON list: where the node may be reached, best first. */
    endpoints: text("endpoints").notNull().default("[]"),
    /** Id of the node through which this one wants to reach the Internet. */
    exitNode: text("exit_node"),
    expiresAt: integer("expires_at"),
    /** How far the node had counted its handshakes in the segment that it came from; -1 after a release. */
    handshakeFloor: integer("handshake_floor").notNull().default(0),
    /** When that one was signed, by the node's clock. */
    handshakeFloorMade: integer("handshake_floor_made").notNull().default(0),
    /** Revision and time of the change after which the node is no member any more, else null. */
    endedRevision: integer("ended_revision"),
    endedAt: integer("ended_at"),
    ...stamped,
    ...versioned,
    wireguardKey: text("wireguard_key").notNull().unique(),
    /** Base64url SHA-256 of the composite public key: the node's identity. */
    signingHash: text("signing_hash").notNull().unique(),
    kemHash: text("kem_hash").notNull().unique(),
    /** Of the node's key record, the object that its peers' documents name. */
    recordHash: text("record_hash").notNull(),
    signingKey: text("signing_key").notNull(),
    kemKey: text("kem_key").notNull(),
  },
  (t) => [
    index("nodes_segment").on(t.segmentId),
    index("nodes_revision").on(t.revision),
    index("nodes_user").on(t.userId),
    index("nodes_status").on(t.status),
  ],
);

/** Prefixes that a node may forward to, approved by an administrator. */
export const nodeRoutes = sqliteTable(
  "node_routes",
  {
    nodeId: text("node_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    prefix: text("prefix").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.nodeId, t.prefix] }), index("node_routes_prefix").on(t.prefix)],
);

/** Who may talk to whom. */
export const meshRules = sqliteTable("mesh_rules", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** JSON lists of `Selector`, by ids. */
  fromSelectors: text("from_selectors").notNull(),
  toSelectors: text("to_selectors").notNull(),
  /** JSON list of `Traffic`. */
  traffic: text("traffic").notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  ...versioned,
});

/**
 * A node that is gone: objects learn it here, and its address rests until nobody can still take it for another's. The table
 * keeps its old name, which the release before reads while a new one is put in its place.
 */
export const departures = sqliteTable(
  "address_holds",
  {
    nodeId: text("node_id").primaryKey(),
    nodeName: text("node_name").notNull(),
    segmentId: text("segment_id").notNull(),
    addressIndex: integer("address_index").notNull(),
    until: integer("until").notNull(),
    endedAt: integer("ended_at").notNull(),
    ...stamped,
  },
  (t) => [
    uniqueIndex("address_holds_address").on(t.addressIndex),
    index("address_holds_revision").on(t.revision),
  ],
);
