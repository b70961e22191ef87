/**
 * Tables of the audit log, by migration step. `nodes` holds the hash of each complete subtree and is never
 * changed; `entries` holds the text behind the leaves for as long as `retention.ts` says.
 */
export const AUDIT_STEPS: readonly string[] = [
  `
  CREATE TABLE entries (
    leaf INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    decision TEXT,
    app_id TEXT,
    user_id TEXT,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entries_event ON entries (kind, leaf) WHERE kind <> 'decision';
  CREATE INDEX entries_denial ON entries (leaf) WHERE decision = 'deny';
  CREATE INDEX entries_app ON entries (app_id, leaf) WHERE app_id IS NOT NULL;
  CREATE INDEX entries_user ON entries (user_id, leaf) WHERE user_id IS NOT NULL;

  CREATE TABLE nodes (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, idx)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE minutes (
    at INTEGER PRIMARY KEY,
    requests INTEGER NOT NULL,
    allows INTEGER NOT NULL,
    denials INTEGER NOT NULL,
    sessions_started INTEGER NOT NULL,
    sessions_ended INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    root TEXT NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL
  ) STRICT;

  CREATE TABLE signing_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    private_key BLOB NOT NULL
  ) STRICT;

  CREATE TABLE index_outbox (leaf INTEGER PRIMARY KEY) STRICT;
  `,
  // What entries are found by, as numbers: see `facets.ts`. Entries from before are filled in by the alarm (`backfill.ts`).
  `
  DROP INDEX entries_event;
  DROP INDEX entries_denial;
  DROP INDEX entries_app;
  DROP INDEX entries_user;

  CREATE TABLE terms (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE facets (
    leaf INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    code INTEGER NOT NULL,
    app INTEGER,
    person INTEGER NOT NULL,
    subject INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX facets_person ON facets (person);
  CREATE INDEX facets_subject ON facets (subject);
  CREATE INDEX facets_rare ON facets (outcome) WHERE outcome <> 1;

  ALTER TABLE minutes ADD COLUMN first_leaf INTEGER;
  ALTER TABLE minutes ADD COLUMN last_leaf INTEGER;

  CREATE TABLE unindexed (one INTEGER PRIMARY KEY CHECK (one = 1), below INTEGER NOT NULL) STRICT;
  INSERT INTO unindexed (one, below) SELECT 1, coalesce(max(leaf) + 1, 0) FROM entries;
  `,
  // Which statements determine decisions: see `deciders.ts`.
  `
  CREATE TABLE deciders (
    day INTEGER NOT NULL,
    statement TEXT NOT NULL,
    is_shadow INTEGER NOT NULL,
    decisions INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (day, statement, is_shadow)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deciders_began (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL) STRICT;
  INSERT INTO deciders_began (one, at) VALUES (1, CAST(unixepoch('subsec') * 1000 AS INTEGER));
  `,
  // What agents passed on, and no decision explains it (yet): see `hits.ts`.
  `
  CREATE TABLE hits (
    node TEXT NOT NULL,
    decision TEXT NOT NULL,
    app TEXT NOT NULL,
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    at INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (node, decision, app, caller, method)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX hits_due ON hits (due);
  CREATE TABLE unexplained (at INTEGER NOT NULL, app TEXT NOT NULL, node TEXT NOT NULL, hits INTEGER NOT NULL) STRICT;
  CREATE INDEX unexplained_at ON unexplained (at);
  `,
];
