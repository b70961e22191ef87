import type { AssertionKey, Principal } from "../../shared/sessions/types.ts";
import { META_SCHEMA, raiseMeta, readMeta } from "../storage/meta.ts";
import { migrate } from "../storage/migrate.ts";
import { OUTBOX_SCHEMA } from "../storage/outbox.ts";

const SCHEMA = `
  CREATE TABLE owners (name TEXT PRIMARY KEY, synced_epoch INTEGER NOT NULL) STRICT;
  CREATE TABLE changed_principals (user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE INDEX changed_principals_epoch ON changed_principals (epoch);
  CREATE TABLE assertion_keys (kid TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;`;

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

  /** The next epoch, in which these principals changed. The newest version of each user is kept. */
  raise(principals: readonly Principal[]): void {
    raiseMeta(this.#sql, "epoch", this.epoch);
    for (const principal of principals) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO changed_principals (user_id, epoch, document) VALUES (?, ?, ?)",
        principal.userId,
        this.epoch,
        JSON.stringify(principal),
      );
    }
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

  addOwner(name: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO owners (name, synced_epoch) VALUES (?, 0)", name);
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
