import {
  judgeParking,
  PARKED_TTL_MS,
  type ParkedRequest,
  type ParkOutcome,
  type Unparked,
} from "../../shared/access/sessions/parked.ts";

/** A row stays until it expires, also without its bytes, so that a second taker learns that it came too late. */
export const PARKING_SCHEMA = `
  CREATE TABLE parked (
    hash TEXT PRIMARY KEY, session_id TEXT NOT NULL, head BLOB, body BLOB, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX parked_session ON parked (session_id);
  CREATE INDEX parked_expiry ON parked (expires_at);`;

type Row = { session_id: string; head: ArrayBuffer | null; body: ArrayBuffer | null };

/** The requests that wait for a step-up of their session. Each method is one synchronous step of the object. */
export class Parking {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param parked Of a session that is live. */
  park(parked: ParkedRequest, now: number): ParkOutcome {
    this.purge(now);
    const verdict = judgeParking(this.#waiting(parked.sessionId), parked);
    if (verdict !== "parked") return verdict;
    this.#sql.exec(
      "INSERT INTO parked (hash, session_id, head, body, expires_at) VALUES (?, ?, ?, ?, ?)",
      parked.hash,
      parked.sessionId,
      parked.head,
      parked.body,
      now + PARKED_TTL_MS,
    );
    return "parked";
  }

  peek(sessionId: string, hash: string, now: number): Unparked<ArrayBuffer> {
    const row = this.#find(sessionId, hash, now);
    return row ? (row.head ?? "taken") : "unknown";
  }

  /** Gives a request away. Nobody gets it a second time. */
  take(sessionId: string, hash: string, now: number): Unparked<Pick<ParkedRequest, "head" | "body">> {
    const row = this.#find(sessionId, hash, now);
    if (!row) return "unknown";
    const { head, body } = row;
    if (!head || !body) return "taken";
    this.#sql.exec("UPDATE parked SET head = NULL, body = NULL WHERE hash = ?", hash);
    return { head, body };
  }

  drop(sessionId: string): void {
    this.#sql.exec("DELETE FROM parked WHERE session_id = ?", sessionId);
  }

  purge(now: number): void {
    this.#sql.exec("DELETE FROM parked WHERE expires_at <= ?", now);
  }

  #find(sessionId: string, hash: string, now: number): Row | undefined {
    return this.#sql
      .exec<Row>(
        "SELECT session_id, head, body FROM parked WHERE hash = ? AND session_id = ? AND expires_at > ?",
        hash,
        sessionId,
        now,
      )
      .toArray()[0];
  }

  #waiting(sessionId: string): { ofSession: number; inObject: number } {
    const count = "SELECT count(*) AS n FROM parked WHERE body IS NOT NULL";
    return {
      ofSession: this.#sql.exec<{ n: number }>(`${count} AND session_id = ?`, sessionId).one().n,
      inObject: this.#sql.exec<{ n: number }>(count).one().n,
    };
  }
}
