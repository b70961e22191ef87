import { freshId } from "../../platform/random.ts";

/** Tokens on their way, as the registry keeps them. */

/** Keeps a token to be sent. The `jti` is made of what it tells, so that what is found twice is sent once. */
export const keepLetter = (
  db: D1Database,
  letter: {
    readonly jti: string;
    readonly receiverId: string;
    readonly event: string;
    readonly claims: object;
    readonly at: number;
  },
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT OR IGNORE INTO signal_letters (id, receiver_id, event, claims, created_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .bind(letter.jti, letter.receiverId, letter.event, JSON.stringify(letter.claims), letter.at, letter.at);

export const freshJti = (): string => freshId("audit");
