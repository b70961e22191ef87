import type { Device } from "../../shared/access/device/device.ts";
import type { AssertionKey, Heard, News } from "../../shared/access/sessions/coordinator.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import { isId } from "../../shared/base/ids.ts";
import { META_SCHEMA, raiseMeta, readMeta } from "../storage/meta.ts";
import { migrate } from "../storage/migrate.ts";
import { outboxSchema } from "../storage/outbox.ts";

const SCHEMA = `
  CREATE TABLE owners (name TEXT PRIMARY KEY, synced_epoch INTEGER NOT NULL) STRICT;
  CREATE TABLE changed_principals (
    user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, changed_at INTEGER NOT NULL, document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX changed_principals_epoch ON changed_principals (epoch);
  CREATE TABLE assertion_keys (kid TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;`;

/**
 * Before this step, every object was told of every user, under the policy epoch. Nobody knows which users those objects
 * have. So they subscribe to all users (`*`) until they have no session.
 */
const TWO_KINDS_OF_NEWS = `
  ALTER TABLE owners RENAME COLUMN synced_epoch TO synced;
  ALTER TABLE changed_principals RENAME COLUMN epoch TO sequence;
  INSERT INTO meta (key, value) SELECT 'sequence', value + 1 FROM meta WHERE key = 'epoch';
  CREATE TABLE subscriptions (
    owner TEXT NOT NULL, user_id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (owner, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX subscriptions_user ON subscriptions (user_id);
  INSERT INTO subscriptions (owner, user_id, number) SELECT name, '*', 0 FROM owners;`;

export const MESH_OUTBOX = "mesh_outbox";
/** For each segment, the revision of the mesh that its object must learn, and the revision that it has learnt. */
const MESH_SEGMENTS = `
  CREATE TABLE mesh_segments (
    segment TEXT PRIMARY KEY, wanted INTEGER NOT NULL, learnt INTEGER NOT NULL DEFAULT 0
  ) STRICT;${outboxSchema(MESH_OUTBOX)}`;

/** Devices change as users do. Both are subjects that objects subscribe to, each by its id. */
const SUBJECTS = `
  ALTER TABLE changed_principals RENAME TO changed_subjects;
  ALTER TABLE changed_subjects RENAME COLUMN user_id TO subject;
  ALTER TABLE subscriptions RENAME COLUMN user_id TO subject;`;

/**
 * How long a change is kept for objects that subscribe later, in milliseconds. It is longer than a caller holds a
 * principal.
 */
const CHANGE_KEPT_MS = 10 * 60_000;
/** The least number of subjects in one full answer. Subjects of one sequence number are never split. */
const SUBJECTS_PER_ANSWER = 500;

/** A user or a device, as the objects with its sessions must know it. */
export interface Subject {
  readonly id: string;
  readonly document: Principal | Device;
}

/** One message to one owner. */
export interface Question {
  /**
   * The number of the newest subscription when the question was asked. The answer says nothing of a newer subscription.
   */
  readonly asked: number;
  readonly news: News;
  readonly more: boolean;
}

/** The rows of the coordinator: the two counters, the subscriptions, the changes, and the assertion keys. */
export class CoordinatorStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    migrate(sql, [META_SCHEMA, outboxSchema(), SCHEMA, TWO_KINDS_OF_NEWS, MESH_SEGMENTS, SUBJECTS]);
  }

  /** The policy epoch. It counts the changes of the facts that policies are evaluated with, except users. */
  get epoch(): number {
    return readMeta(this.#sql, "epoch") + 1;
  }

  /** The sequence number. It counts the changes of users and devices. */
  get sequence(): number {
    return readMeta(this.#sql, "sequence");
  }

  /** Raises the policy epoch. Returns the owners that must hear of it, which are all owners. */
  publish(): string[] {
    raiseMeta(this.#sql, "epoch", this.epoch);
    return this.owners();
  }

  /**
   * Takes the next sequence number for a change of these subjects. An older version of one never replaces a newer
   * version. Returns the owners that must hear of the change: those that subscribed to one of them.
   */
  change(subjects: readonly Subject[], now: number): string[] {
    raiseMeta(this.#sql, "sequence", this.sequence + 1);
    for (const { id, document } of subjects) {
      this.#sql.exec(
        `INSERT INTO changed_subjects (subject, sequence, changed_at, document) VALUES (?, ?, ?, ?)
         ON CONFLICT (subject) DO UPDATE
         SET sequence = excluded.sequence, changed_at = excluded.changed_at, document = excluded.document
         WHERE json_extract(excluded.document, '$.version') >= json_extract(document, '$.version')`,
        id,
        this.sequence,
        now,
        JSON.stringify(document),
      );
    }
    this.#sql.exec(
      `DELETE FROM changed_subjects WHERE changed_at < ? AND NOT EXISTS (
         SELECT 1 FROM subscriptions s JOIN owners o ON o.name = s.owner
         WHERE s.subject IN (changed_subjects.subject, '*') AND o.synced < changed_subjects.sequence)`,
      now - CHANGE_KEPT_MS,
    );
    return this.#subscribers(subjects);
  }

  /** See `NetworkCoordinatorRpc.join`. Call it inside a transaction. */
  join(owner: string, since: number, subject?: string): News & { readonly more: boolean } {
    if (subject !== undefined) this.#subscribe(owner, subject, since);
    this.#markSynced(owner, since);
    const news = this.#newsFor(owner, since);
    if (subject === undefined) return news;
    const newest = inKinds(this.#newestOf(subject));
    return {
      ...news,
      principals: [...news.principals, ...newest.principals],
      devices: [...news.devices, ...newest.devices],
    };
  }

  /** Those of these subjects that no owner subscribed to. */
  unheard(subjects: readonly string[]): string[] {
    return subjects.filter((id) => this.#subscribers([{ id }]).length === 0);
  }

  /** The news for an owner. `more` says that another question must follow. */
  question(owner: string): Question {
    const { more, ...news } = this.#newsFor(owner, this.#synced(owner));
    return { asked: readMeta(this.#sql, "subscribed"), news, more };
  }

  /** Notes the answer of an owner. Call it inside a transaction. */
  answered(owner: string, { asked, news }: Question, heard: Heard): void {
    this.#markSynced(owner, news.sequence);
    this.#unsubscribe(owner, heard, asked);
  }

  #newsFor(owner: string, since: number): Required<News> & { readonly more: boolean } {
    const news = `FROM changed_subjects c WHERE sequence > ?1 AND EXISTS (
      SELECT 1 FROM subscriptions s WHERE s.owner = ?2 AND s.subject IN (c.subject, '*'))`;
    const rows = this.#sql
      .exec<{ sequence: number } & ChangedRow>(
        `SELECT sequence, subject, document ${news} AND sequence <= coalesce(
           (SELECT sequence ${news} ORDER BY sequence LIMIT 1 OFFSET ?3), ?4) ORDER BY sequence`,
        since,
        owner,
        SUBJECTS_PER_ANSWER,
        this.sequence,
      )
      .toArray();
    const reached = rows.length > SUBJECTS_PER_ANSWER ? rows.at(-1)?.sequence : undefined;
    return {
      epoch: this.epoch,
      sequence: reached ?? this.sequence,
      ...inKinds(rows),
      more: reached !== undefined && reached < this.sequence,
    };
  }

  /** The subject after the last change, if it happened in the last minutes. Otherwise empty. */
  #newestOf(subject: string): ChangedRow[] {
    const query = "SELECT subject, document FROM changed_subjects WHERE subject = ?";
    return this.#sql.exec<ChangedRow>(query, subject).toArray();
  }

  /** @param since The sequence number up to which the owner knows every change. */
  #subscribe(owner: string, subject: string, since: number): void {
    const number = readMeta(this.#sql, "subscribed") + 1;
    raiseMeta(this.#sql, "subscribed", number);
    this.#sql.exec("INSERT OR IGNORE INTO owners (name, synced) VALUES (?, ?)", owner, since);
    this.#sql.exec(
      "INSERT OR REPLACE INTO subscriptions (owner, subject, number) VALUES (?, ?, ?)",
      owner,
      subject,
      number,
    );
  }

  /** Removes the subscriptions that an owner does not need any more. Subscriptions that are newer than `asked` stay. */
  #unsubscribe(owner: string, { absent, isIdle }: Heard, asked: number): void {
    this.#sql.exec(
      `DELETE FROM subscriptions WHERE owner = ? AND number <= ?
       AND (? OR subject IN (SELECT value FROM json_each(?)))`,
      owner,
      asked,
      isIdle ? 1 : 0,
      JSON.stringify(absent),
    );
    this.#sql.exec(
      "DELETE FROM owners WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE owner = ?1)",
      owner,
    );
  }

  owners(): string[] {
    return this.#sql
      .exec<{ name: string }>("SELECT name FROM owners")
      .toArray()
      .map(({ name }) => name);
  }

  #subscribers(subjects: readonly Pick<Subject, "id">[]): string[] {
    return this.#sql
      .exec<{ owner: string }>(
        "SELECT DISTINCT owner FROM subscriptions WHERE subject = '*' OR subject IN (SELECT value FROM json_each(?))",
        JSON.stringify(subjects.map(({ id }) => id)),
      )
      .toArray()
      .map(({ owner }) => owner);
  }

  #synced(owner: string): number {
    const rows = this.#sql
      .exec<{ synced: number }>("SELECT synced FROM owners WHERE name = ?", owner)
      .toArray();
    return rows[0]?.synced ?? 0;
  }

  #markSynced(owner: string, sequence: number): void {
    this.#sql.exec("UPDATE owners SET synced = max(synced, ?) WHERE name = ?", sequence, owner);
  }

  /**
   * Notes the revision that the segments must learn. Returns the segments that may not have learnt it. Forgets segments
   * that do not exist any more.
   */
  wantMesh(revision: number, segments: readonly string[]): string[] {
    const all = JSON.stringify(segments);
    this.#sql.exec(
      `INSERT INTO mesh_segments (segment, wanted) SELECT value, ?1 FROM json_each(?2) WHERE true
       ON CONFLICT (segment) DO UPDATE SET wanted = max(wanted, excluded.wanted)`,
      revision,
      all,
    );
    this.#sql.exec(
      "DELETE FROM mesh_segments WHERE learnt >= wanted AND segment NOT IN (SELECT value FROM json_each(?))",
      all,
    );
    return this.#sql
      .exec<{ segment: string }>(
        "SELECT segment FROM mesh_segments WHERE learnt < ? AND segment IN (SELECT value FROM json_each(?))",
        revision,
        all,
      )
      .toArray()
      .map(({ segment }) => segment);
  }

  /** The revision that the segment must learn. */
  wantedMesh(segment: string): number {
    const rows = this.#sql.exec<{ wanted: number }>(
      "SELECT wanted FROM mesh_segments WHERE segment = ?",
      segment,
    );
    return rows.toArray()[0]?.wanted ?? 0;
  }

  learntMesh(segment: string, revision: number): void {
    this.#sql.exec("UPDATE mesh_segments SET learnt = max(learnt, ?) WHERE segment = ?", revision, segment);
  }

  keys(): AssertionKey[] {
    return this.#sql
      .exec<{ document: string }>("SELECT document FROM assertion_keys")
      .toArray()
      .map((row) => JSON.parse(row.document) as AssertionKey);
  }

  replaceKeys(retired: readonly string[], made: readonly AssertionKey[]): void {
    for (const kid of retired) this.#sql.exec("DELETE FROM assertion_keys WHERE kid = ?", kid);
    for (const key of made) {
      this.#sql.exec(
        "INSERT INTO assertion_keys (kid, document) VALUES (?, ?)",
        key.kid,
        JSON.stringify(key),
      );
    }
  }
}

type ChangedRow = { subject: string; document: string };

/** The rows of changed subjects, as news name them. */
const inKinds = (rows: readonly ChangedRow[]): Required<Pick<News, "principals" | "devices">> => {
  const { true: devices = [], false: users = [] } = Object.groupBy(rows, ({ subject }) =>
    isId("node", subject) ? "true" : "false",
  );
  return {
    principals: users.map(({ document }) => JSON.parse(document) as Principal),
    devices: devices.map(({ document }) => JSON.parse(document) as Device),
  };
};
