import { backoffMs } from "../../shared/base/async/retry.ts";
import { raiseMeta, readMeta } from "./meta.ts";

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

export interface Job<P> {
  readonly key: string;
  readonly generation: number;
  readonly attempts: number;
  readonly payload: P;
}

/** The migration step that an object with an outbox needs, after `META_SCHEMA`. */
export const outboxSchema = (table = "outbox"): string => `
  CREATE TABLE ${table} (
    key TEXT PRIMARY KEY, generation INTEGER NOT NULL DEFAULT 1, attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL, payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX ${table}_due ON ${table} (due_at);`;

/**
 * Work that must happen outside the object. It is written in the same transaction as its cause, and kept until it has
 * happened. Each job is delivered at least once, so deliveries must be idempotent.
 */
export class Outbox<P> {
  readonly #sql: SqlStorage;
  readonly #table: string;

  /**
   * @param table The table of this outbox. Kinds of messages that must not wait for each other need different tables.
   */
  constructor(sql: SqlStorage, table = "outbox") {
    this.#sql = sql;
    this.#table = table;
  }

  /**
   * Adds a job, or replaces the payload of the waiting job with this key. A running delivery of the older payload then
   * settles nothing. The first retry is due after 2 s, so that the caller can try at once.
   */
  put(key: string, payload: P, now: number): Job<P> {
    return this.#insert(key, this.#nextGeneration(), payload, now);
  }

  /** Like `put`, for several jobs of different keys. */
  putAll(jobs: readonly (readonly [key: string, payload: P])[], now: number): Job<P>[] {
    if (jobs.length === 0) return [];
    const generation = this.#nextGeneration();
    return jobs.map(([key, payload]) => this.#insert(key, generation, payload, now));
  }

  /** No key gets a generation twice, so that a late delivery can't settle a job that was added later. */
  #nextGeneration(): number {
    const generation = readMeta(this.#sql, GENERATION) + 1;
    raiseMeta(this.#sql, GENERATION, generation);
    return generation;
  }

  #insert(key: string, generation: number, payload: P, now: number): Job<P> {
    this.#sql.exec(
      `INSERT OR REPLACE INTO ${this.#table} (key, generation, due_at, payload) VALUES (?, ?, ?, ?)`,
      key,
      generation,
      now + FIRST_RETRY_MS,
      JSON.stringify(payload),
    );
    return { key, generation, attempts: 0, payload };
  }

  due(now: number, limit: number): Job<P>[] {
    return this.#sql
      .exec<Row>(`SELECT * FROM ${this.#table} WHERE due_at <= ? ORDER BY due_at LIMIT ?`, now, limit)
      .toArray()
      .map((row) => toJob<P>(row));
  }

  settle(job: Job<P>): void {
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE key = ? AND generation = ?`, job.key, job.generation);
  }

  /** Keeps others from trying the job before `until`, unless a newer job has replaced it. */
  claim(job: Job<P>, until: number): void {
    this.#sql.exec(
      `UPDATE ${this.#table} SET due_at = max(due_at, ?) WHERE key = ? AND generation = ?`,
      until,
      job.key,
      job.generation,
    );
  }

  /** Tries again after a growing pause: 2 s, 4 s, ... 60 s. A newer job of this key keeps its own time. */
  postpone(job: Job<P>, now: number): void {
    const wait = backoffMs(job.attempts + 1, FIRST_RETRY_MS, LONGEST_RETRY_MS);
    this.#sql.exec(
      `UPDATE ${this.#table} SET attempts = ?, due_at = ? WHERE key = ? AND generation = ?`,
      job.attempts + 1,
      now + wait,
      job.key,
      job.generation,
    );
  }

  nextDue(): number | null {
    return this.#sql.exec<{ at: number | null }>(`SELECT min(due_at) AS at FROM ${this.#table}`).one().at;
  }
}

const GENERATION = "outbox_generation";

type Row = { key: string; generation: number; attempts: number; payload: string };

function toJob<P>({ key, generation, attempts, payload }: Row): Job<P> {
  return { key, generation, attempts, payload: JSON.parse(payload) as P };
}
