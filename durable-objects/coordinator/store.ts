import type { AssertionKey, Principal } from "../../shared/access/sessions/types.ts";
import { META_SCHEMA, raiseMeta, readMeta } from "../storage/meta.ts";
import { migrate } from "../storage/migrate.ts";
import { OUTBOX_SCHEMA } from "../storage/outbox.ts";

const SCHEMA = `
  CREATE TABLE owners (name TEXT PRIMARY KEY, synced_epoch INTEGER NOT NULL) STRICT;
  CREATE TABLE changed_principals (
    user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, changed_at INTEGER NOT NULL, document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX changed_principals_epoch ON changed_principals (epoch);
  CREATE TABLE assertion_keys (kid TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;`;

/** Milliseconds for which a change is kept for objects that do not exist yet: longer than a caller holds a principal. */
const CHANGE_KEPT_MS = 10 * 60_000;
/** Principals that one answer carries, at least; those of one epoch are never split. */
const PRINCIPALS_PER_ANSWER = 500;

/** The rows of the coordinator: the epoch, who must hear of it, what changed, and the assertion keys. */
export class CoordinatorStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    migrate(sql, [META_SCHEMA, OUTBOX_SCHEMA, SCHEMA]);
  }

  get epoch(): number {
    return readMeta(this.#sql, "epoch") + 1;
  }

  /** The next epoch, in which these principals changed. An older version of a user never replaces a newer one. */
  raise(principals: readonly Principal[], now: number): void {
    raiseMeta(this.#sql, "epoch", this.epoch);
    for (const principal of principals) {
      this.#sql.exec(
        `INSERT INTO changed_principals (user_id, epoch, changed_at, document) VALUES (?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE
         SET epoch = excluded.epoch, changed_at = excluded.changed_at, document = excluded.document
         WHERE json_extract(excluded.document, '$.version') >= json_extract(document, '$.version')`,
        principal.userId,
        this.epoch,
        now,
        JSON.stringify(principal),
      );
    }
    this.#sql.exec(
      `DELETE FROM changed_principals WHERE changed_at < ?
       AND epoch <= coalesce((SELECT min(synced_epoch) FROM owners), epoch)`,
      now - CHANGE_KEPT_MS,
    );
  }

  /** The epoch before the changes of the last minutes: where an object that knows nothing starts. */
  recentEpoch(now: number): number {
    const query = "SELECT min(epoch) AS first FROM changed_principals WHERE changed_at >= ?";
    const { first } = this.#sql.exec<{ first: number | null }>(query, now - CHANGE_KEPT_MS).one();
    return (first ?? this.epoch + 1) - 1;
  }

  /** What changed after an epoch; with `more`, ask again from the returned epoch. */
  changesAfter(since: number): { epoch: number; principals: Principal[]; more: boolean } {
    const rows = this.#sql
      .exec<{ epoch: number; document: string }>(
        `SELECT epoch, document FROM changed_principals WHERE epoch > ?1 AND epoch <= coalesce(
           (SELECT epoch FROM changed_principals WHERE epoch > ?1 ORDER BY epoch LIMIT 1 OFFSET ?2), ?3) ORDER BY epoch`,
        since,
        PRINCIPALS_PER_ANSWER,
        this.epoch,
      )
      .toArray();
    const more = rows.length > PRINCIPALS_PER_ANSWER;
    const reached = rows.at(-1)?.epoch ?? this.epoch;
    return {
      epoch: more ? reached : this.epoch,
      principals: rows.map((row) => JSON.parse(row.document) as Principal),
      more: more && reached < this.epoch,
    };
  }

  /** @param knows The epoch up to which the owner knows every change. */
  addOwner(name: string, knows: number): void {
    this.#sql.exec("INSERT OR IGNORE INTO owners (name, synced_epoch) VALUES (?, ?)", name, knows);
    this.markSynced(name, knows);
  }

  removeOwner(name: string): void {
    this.#sql.exec("DELETE FROM owners WHERE name = ?", name);
  }

  owners(): string[] {
    return this.#sql
      .exec<{ name: string }>("SELECT name FROM owners")
      .toArray()
      .map((row) => row.name);
  }

  syncedEpoch(owner: string): number {
    const rows = this.#sql
      .exec<{ epoch: number }>("SELECT synced_epoch AS epoch FROM owners WHERE name = ?", owner)
      .toArray();
    return rows[0]?.epoch ?? 0;
  }

  markSynced(owner: string, epoch: number): void {
    this.#sql.exec("UPDATE owners SET synced_epoch = max(synced_epoch, ?) WHERE name = ?", epoch, owner);
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
