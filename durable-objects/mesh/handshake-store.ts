import {
  HANDSHAKE_MEMORY_MS,
  judgeHandshake,
  type KnownHandshakes,
  type SignedHandshake,
} from "../../shared/node/handshake-verdict.ts";
import { type MemberRow, newestHandshakeOf } from "./member-store.ts";

/** The handshakes of the members. They are kept as long as a copy of a node's state can be recognised by them. */
export class HandshakeStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Judges a handshake of an approved member, and remembers it, whatever the verdict is. */
  judge(
    row: MemberRow,
    made: SignedHandshake,
    capability: number,
    now: number,
  ): ReturnType<typeof judgeHandshake> {
    const verdict = judgeHandshake(made, this.#known(row, made));
    this.#remember(row.node, made, now);
    if (verdict === "admitted") {
      this.#sql.exec(
        `UPDATE members SET handshake = ?, handshake_made = ?, capability = ?, handshake_at = ?, seen_at = ?
         WHERE node = ?`,
        made.counter,
        made.madeAt,
        capability,
        now,
        now,
        row.node,
      );
    }
    return verdict;
  }

  #known(row: MemberRow, { counter, statement }: SignedHandshake): KnownHandshakes {
    const [same] = this.#sql
      .exec<{ statement: string }>(
        "SELECT statement FROM handshakes WHERE node = ? AND counter = ? ORDER BY statement = ? DESC LIMIT 1",
        row.node,
        counter,
        statement,
      )
      .toArray();
    const { since } = this.#sql
      .exec<{ since: number | null }>(
        "SELECT min(made) AS since FROM handshakes WHERE node = ? AND counter > ?",
        row.node,
        counter,
      )
      .one();
    return { newest: newestHandshakeOf(row), same: same?.statement ?? null, aboveSince: since };
  }

  #remember(node: string, { counter, madeAt, statement }: SignedHandshake, now: number): void {
    this.#sql.exec("DELETE FROM handshakes WHERE until < ?", now);
    this.#sql.exec(
      "INSERT OR REPLACE INTO handshakes (statement, node, counter, made, until) VALUES (?, ?, ?, ?, ?)",
      statement,
      node,
      counter,
      madeAt,
      now + HANDSHAKE_MEMORY_MS,
    );
  }
}
