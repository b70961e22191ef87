import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { LEG_STATES } from "../paths/leg-table.ts";
import { MICROSEGMENT_TYPES } from "../segments/criteria/facts.ts";
import { ISOLATION_LEVELS } from "../segments/microsegment.ts";
import { NODE_STATUSES, RELAY_ROLES } from "./node-status.ts";
import { segments, users } from "./schema.ts";

/**
 * The registry of the mesh: the nodes, the keys that let them join, and the rules about who may talk to whom.
 * Every change of data that nodes apply raises `mesh_state.revision` in the same batch and stamps the changed
 * rows with it. So the object of a segment reads only rows that are newer than its own data. `meshChange`
 * does this; triggers do it for changes of users, segments and the network itself.
 */

const created = { createdAt: integer("created_at").notNull(), updatedAt: integer("updated_at").notNull() };
const versioned = { version: integer("version").notNull().default(1), ...created };
const stamped = { revision: integer("revision").notNull() };

/** Exactly one row. */
export const meshState = sqliteTable("mesh_state", {
  id: integer("id").primaryKey().default(1),
  /** `net_…`: no other network ever has this id. */
  networkId: text("network_id").notNull(),
  /** The network's ULA prefix, such as `fd12:3456:789a::/48`. */
  ipv6Prefix: text("ipv6_prefix").notNull(),
  /** The revision of the newest change of data that nodes apply. */
  revision: integer("revision").notNull().default(0),
  /** The revision of the newest change of a rule. */
  rulesRevision: integer("rules_revision").notNull().default(0),
  /** The version of the newest root document. 0 before the first one. */
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
  /** The SHA-256 of the payload's bytes, in base64url. An enrolment key contains this hash. */
  payloadHash: text("payload_hash").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** The keys that let new nodes join. */
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
  /** The owner of the nodes. Null for machines that belong to nobody. */
  userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
  maxUses: integer("max_uses").notNull().default(1),
  uses: integer("uses").notNull().default(0),
  ephemeral: integer("ephemeral", { mode: "boolean" }).notNull().default(false),
  preApproved: integer("pre_approved", { mode: "boolean" }).notNull().default(false),
  expiresAt: integer("expires_at").notNull(),
  revokedAt: integer("revoked_at"),
  /** The time when the key's allowance for nodes that leave is full again: see `shared/node/allowance.ts`. */
  leftUntil: integer("left_until").notNull().default(0),
  ...versioned,
});

/** Challenges that were answered. They are stored so that no challenge is answered twice. */
export const usedChallenges = sqliteTable(
  "used_challenges",
  { hash: text("hash").primaryKey(), expiresAt: integer("expires_at").notNull() },
  (t) => [index("used_challenges_expiry").on(t.expiresAt)],
);

/**
 * Events that the audit log hasn't confirmed yet. An event is saved together with its fact, and is deleted
 * when the log has it.
 */
export const pendingEvents = sqliteTable(
  "pending_events",
  {
    /** The id of the entry. With it the log stores the entry only once, however often the entry is sent. */
    id: text("id").primaryKey(),
    target: text("target").notNull(),
    /** The entry as JSON. */
    entry: text("entry").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("pending_events_target").on(t.target)],
);

/** A machine. The long keys are the last columns, because most queries leave them out. */
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
    /** The index of the node's address in the overlay: see `addresses.ts`. */
    addressIndex: integer("address_index").notNull().unique(),
    /** The host name that the machine reported. */
    hostname: text("hostname").notNull(),
    ephemeral: integer("ephemeral", { mode: "boolean" }).notNull().default(false),
    enrolmentKeyId: text("enrolment_key_id").notNull(),
    /** JSON list: the prefixes that the node offers to forward to. */
    offeredRoutes: text("offered_routes").notNull().default("[]"),
    /** JSON list: the addresses at which the node may be reached, best first. */
    endpoints: text("endpoints").notNull().default("[]"),
    /** The id of the node through which this node wants to reach the Internet. */
    exitNode: text("exit_node"),
    expiresAt: integer("expires_at"),
    /** Whether the node carries datagrams of others, as an administrator wants it. */
    relay: text("relay", { enum: RELAY_ROLES }).notNull().default("off"),
    /** JSON object: what administrators state of the node, by the names of the facts. */
    facts: text("facts").notNull().default("{}"),
    /** JSON object: the newest of what the node claims of itself, as far as criteria read it. */
    claims: text("claims").notNull().default("{}"),
    /** The country of the address from which the node last reported, as the platform knows it. */
    country: text("country"),
    /**
     * Whether a quarantined node still gets configs, in which it reaches only what rules let `quarantine` reach.
     * for one that is put aside altogether.
     */
    contained: integer("contained", { mode: "boolean" }).notNull().default(false),
    /** How far the node had counted its handshakes in the segment that it came from; -1 after a release. */
    handshakeFloor: integer("handshake_floor").notNull().default(0),
    /** When that one was signed, by the node's clock. */
    handshakeFloorMade: integer("handshake_floor_made").notNull().default(0),
    /** The revision and time of the change that ended the node's membership, else null. */
    endedRevision: integer("ended_revision"),
    endedAt: integer("ended_at"),
    ...stamped,
    ...versioned,
    wireguardKey: text("wireguard_key").notNull().unique(),
    /** The SHA-256 of the composite public key in base64url. This is the node's identity. */
    signingHash: text("signing_hash").notNull().unique(),
    kemHash: text("kem_hash").notNull().unique(),
    /** The hash of the node's key record. The documents of its peers name this object. */
    recordHash: text("record_hash").notNull(),
    signingKey: text("signing_key").notNull(),
    kemKey: text("kem_key").notNull(),
  },
  (t) => [
    index("nodes_segment").on(t.segmentId),
    index("nodes_revision").on(t.revision),
    index("nodes_user").on(t.userId),
    index("nodes_status").on(t.status),
    index("nodes_relay").on(t.relay).where(sql`relay <> 'off'`),
  ],
);

/** What others than the node itself state about it: an administrator, or a system that manages devices. */
export const deviceFacts = sqliteTable(
  "device_facts",
  {
    nodeId: text("node_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    source: text("source").notNull(),
    fact: text("fact").notNull(),
    at: integer("at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.nodeId, t.source, t.fact] })],
);

/** The prefixes that a node may forward to. An administrator approved them. */
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

/**
 * What relays carry: one row for each UDP port that ever served a pair. The object `MeshPaths` alone writes them. A row goes
 * with the relay or with an end, and is made anew from the rules.
 */
export const legs = sqliteTable(
  "legs",
  {
    relayId: text("relay_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    port: integer("port").notNull(),
    id: text("id").notNull().unique(),
    /** The two nodes, in the order of their ids. */
    firstId: text("first_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    secondId: text("second_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "cascade" }),
    /** The key of probes at this leg, which only its relay and its ends are told. */
    probeKey: text("probe_key").notNull(),
    state: text("state", { enum: LEG_STATES }).notNull(),
    /** When it came into this state. */
    since: integer("since").notNull(),
    ...stamped,
  },
  (t) => [
    primaryKey({ columns: [t.relayId, t.port] }),
    index("legs_revision").on(t.revision),
    index("legs_live").on(t.relayId).where(sql`state <> 'ended'`),
    index("legs_first").on(t.firstId),
    index("legs_second").on(t.secondId),
  ],
);

/** Who may talk to whom. */
export const meshRules = sqliteTable("mesh_rules", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** JSON lists of `Selector`. They refer to things by id. */
  fromSelectors: text("from_selectors").notNull(),
  toSelectors: text("to_selectors").notNull(),
  /** JSON list of `Traffic`. That of the services comes to it. */
  traffic: text("traffic").notNull(),
  /** JSON list of the ids of services. */
  services: text("services").notNull().default("[]"),
  /** The criterion that sources meet, as it was written. Empty: all do. */
  whenText: text("when_text").notNull().default(""),
  /** What the rule does to the traffic: `allow` or `deny`. */
  effect: text("effect").notNull().default("allow"),
  /** When the rule begins and ends, in milliseconds since the Unix epoch. */
  notBefore: integer("not_before"),
  notAfter: integer("not_after"),
  /** JSON of `WeeklyWindows`. */
  weekly: text("weekly"),
  log: integer("log", { mode: "boolean" }).notNull().default(false),
  /** Who answers for the rule: a person or a team, in words. */
  owner: text("owner"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  ...versioned,
});

/**
 * Named sets of nodes, by criteria and by lists. A trigger keeps their names apart from those of `segments`, since a rule
 * names either as `segment:NAME`.
 */
export const microsegments = sqliteTable("microsegments", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  type: text("type", { enum: MICROSEGMENT_TYPES }).notNull(),
  isolation: text("isolation", { enum: ISOLATION_LEVELS }).notNull().default("standard"),
  /** Criteria as they were written. Empty: no node meets it. */
  whereText: text("where_text").notNull().default(""),
  unlessText: text("unless_text").notNull().default(""),
  /** JSON lists of `MemberSelector`. They refer to nodes by id. */
  include: text("include").notNull().default("[]"),
  exclude: text("exclude").notNull().default("[]"),
  remediation: text("remediation").notNull().default("[]"),
  /** JSON list of `Traffic`, the most that rules may let in. Empty: anything. */
  atMost: text("at_most").notNull().default("[]"),
  acceptsClaims: integer("accepts_claims", { mode: "boolean" }).notNull().default(false),
  ...versioned,
});

/** Traffic with a name, which rules call `service:NAME`. One that a rule names can't be deleted. */
export const meshServices = sqliteTable("mesh_services", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  /** JSON list of `Traffic`. */
  traffic: text("traffic").notNull(),
  ...versioned,
});

/** What rules must let pass, and what they may not. A change that breaks one is refused. */
export const meshTests = sqliteTable("mesh_tests", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** JSON of a `Selector`. It refers to things by id, as those of the targets do. */
  fromSelector: text("from_selector").notNull(),
  /** JSON lists of `Target`. */
  accept: text("accept").notNull().default("[]"),
  deny: text("deny").notNull().default("[]"),
  /** Why it failed when it was last run, in words. Null: it did not. */
  failing: text("failing"),
  /** The revision of the mesh at which it was last run, and when. */
  ranRevision: integer("ran_revision").notNull().default(-1),
  ranAt: integer("ran_at").notNull().default(0),
  ...versioned,
});

/**
 * Nodes that were removed. Objects learn about the removal here. The address of the node is not used again
 * until nobody can mistake a new node for the old one. The table keeps its old name, because the previous
 * release still reads it while a new release is deployed.
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
