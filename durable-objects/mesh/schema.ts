import { META_SCHEMA } from "../storage/meta.ts";

/** Migration steps of a segment's mesh, after the common ones. `docs/storage-schema.md` explains the rows. */
const MESH_SCHEMA = `
  CREATE TABLE members (
    node TEXT PRIMARY KEY, status TEXT NOT NULL, changed INTEGER NOT NULL,
    etag TEXT, manifest TEXT, peers TEXT NOT NULL DEFAULT '[]',
    epoch INTEGER NOT NULL DEFAULT 0, root_version INTEGER NOT NULL DEFAULT 0, counter INTEGER NOT NULL DEFAULT 0,
    head INTEGER, leaf TEXT, leaf_index INTEGER, path TEXT, head_expires_at INTEGER,
    waiting INTEGER NOT NULL DEFAULT 0,
    handshake INTEGER NOT NULL DEFAULT 0, handshake_at INTEGER, seen_at INTEGER
  ) STRICT;
  CREATE INDEX members_changed ON members (changed);
  CREATE INDEX members_head_expiry ON members (head_expires_at);
  CREATE TABLE heads (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE TABLE objects (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL, touched_at INTEGER NOT NULL) STRICT;
  CREATE INDEX objects_touched ON objects (touched_at);
  CREATE TABLE reports (
    node TEXT PRIMARY KEY, handshake INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL,
    applied TEXT, apply_error TEXT, facts TEXT, clock_skew INTEGER NOT NULL, peers TEXT NOT NULL
  ) STRICT;
  CREATE TABLE hours (
    hour INTEGER PRIMARY KEY, reports INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE revocations (
    node TEXT NOT NULL, member TEXT NOT NULL, counter INTEGER NOT NULL, lease_ends_at INTEGER NOT NULL,
    acknowledged_at INTEGER, PRIMARY KEY (node, member)
  ) STRICT;
  CREATE INDEX revocations_member ON revocations (member);
  CREATE TABLE holds (
    reason TEXT PRIMARY KEY, revision INTEGER NOT NULL, held_at INTEGER NOT NULL, detail TEXT NOT NULL,
    nodes TEXT NOT NULL
  ) STRICT;
  CREATE TABLE texts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`;

const HANDSHAKES_SCHEMA = `
  CREATE TABLE handshakes (statement TEXT PRIMARY KEY, node TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
  CREATE INDEX handshakes_until ON handshakes (until);`;

const CONDITIONS_SCHEMA = `ALTER TABLE reports ADD COLUMN conditions TEXT NOT NULL DEFAULT '[]';`;

/**
 * Three changes. Handshakes are judged by the time of their signature. A node's row holds its allowance for news. The
 * sums by hour are gone, since nobody read them.
 */
const JUDGED_SCHEMA = `
  ALTER TABLE members ADD COLUMN handshake_made INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE members ADD COLUMN floor_made INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE members ADD COLUMN told_until INTEGER NOT NULL DEFAULT 0;
  UPDATE members SET handshake_made = coalesce(handshake_at, 0);
  DROP TABLE handshakes;
  CREATE TABLE handshakes (
    statement TEXT PRIMARY KEY, node TEXT NOT NULL, counter INTEGER NOT NULL, made INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX handshakes_node ON handshakes (node, counter);
  CREATE INDEX handshakes_until ON handshakes (until);
  DROP TABLE hours;
  ALTER TABLE reports ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';`;

/** Indexes for the questions of every change and every alarm, so that they need not look at all members. */
const INDEXED_SCHEMA = `
  CREATE INDEX members_waiting ON members (node) WHERE waiting = 1;
  CREATE INDEX members_renewal ON members (coalesce(head_expires_at, 0)) WHERE status = 'approved';
  CREATE INDEX revocations_open ON revocations (member, counter) WHERE acknowledged_at IS NULL;`;

/**
 * Posture: when facts were measured, and from which address a node reported. `devices` has the nodes on which sessions
 * rest, with the newest description that was told.
 */
const DEVICES_SCHEMA = `
  ALTER TABLE reports ADD COLUMN facts_at INTEGER;
  ALTER TABLE reports ADD COLUMN address TEXT;
  UPDATE reports SET facts_at = at WHERE facts IS NOT NULL;
  CREATE TABLE devices (node TEXT PRIMARY KEY, asked_at INTEGER NOT NULL, told TEXT NOT NULL) STRICT;`;

/** What an agent is able to understand, since older ones refuse a config with device checks. */
const CAPABILITY_SCHEMA = `ALTER TABLE members ADD COLUMN capability INTEGER NOT NULL DEFAULT 0;`;

/** The flows that each node reported, as a JSON list of `LedgerFlow`. */
const FLOWS_SCHEMA = `
  CREATE TABLE flows (
    node TEXT PRIMARY KEY, at INTEGER NOT NULL, flows TEXT NOT NULL, refused INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX flows_at ON flows (at);`;

/** How many drifts of a node the audit log has not heard of, and when it last heard of some. */
const DRIFTS_SCHEMA = `
  ALTER TABLE reports ADD COLUMN drifts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE reports ADD COLUMN drifts_told_at INTEGER NOT NULL DEFAULT 0;`;

/** Since when the flows of a node are heard, by the hub's clock. */
const WATCH_SCHEMA = `
  ALTER TABLE flows ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
  UPDATE flows SET since = at;`;

/**
 * What the hub found when it compared the ruleset in force on a node, all drifts of a node, what the nodes counted for each
 * rule, and since when each node counts.
 */
const ENFORCED_SCHEMA = `
  ALTER TABLE reports ADD COLUMN ruleset TEXT;
  ALTER TABLE reports ADD COLUMN ruleset_since INTEGER;
  ALTER TABLE reports ADD COLUMN ruleset_at INTEGER;
  ALTER TABLE reports ADD COLUMN ruleset_told_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE reports ADD COLUMN drifts_ever INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE reports ADD COLUMN drifted_at INTEGER;
  CREATE TABLE hits (rule TEXT PRIMARY KEY, packets INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;
  CREATE TABLE counting (node TEXT PRIMARY KEY, since INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;`;

/** What the edge relay carried for each node, and which pairs it may carry for. */
const EDGE_SCHEMA = `
  CREATE TABLE edge_use (node TEXT PRIMARY KEY, bytes INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;
  CREATE TABLE edge_leases (
    node TEXT NOT NULL, peer TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (node, peer)
  ) STRICT;`;

/** Where each peer of a node says that it hears the node, since when, and when it last said so. */
const HEARINGS_SCHEMA = `
  CREATE TABLE hearings (
    node TEXT NOT NULL, observer TEXT NOT NULL, endpoint TEXT NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (node, observer)
  ) STRICT;
  CREATE INDEX hearings_at ON hearings (at);`;

/** The paths to its peers that each node measured, as JSON lists of `LedgerPath` and `PathMove`. */
const PATHS_SCHEMA = `
  CREATE TABLE paths (
    node TEXT PRIMARY KEY, at INTEGER NOT NULL, paths TEXT NOT NULL, moves TEXT NOT NULL
  ) STRICT;`;

/** What the segment found to have failed, as one JSON text. */
const FAILURES_SCHEMA = `CREATE TABLE failures (id INTEGER PRIMARY KEY, kept TEXT NOT NULL) STRICT;`;

/** The steps in their order: see `migrate`. */
export const STEPS = [
  META_SCHEMA,
  MESH_SCHEMA,
  HANDSHAKES_SCHEMA,
  CONDITIONS_SCHEMA,
  JUDGED_SCHEMA,
  INDEXED_SCHEMA,
  DEVICES_SCHEMA,
  CAPABILITY_SCHEMA,
  FLOWS_SCHEMA,
  DRIFTS_SCHEMA,
  WATCH_SCHEMA,
  ENFORCED_SCHEMA,
  EDGE_SCHEMA,
  HEARINGS_SCHEMA,
  PATHS_SCHEMA,
  FAILURES_SCHEMA,
];
