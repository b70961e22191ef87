import type { deadLetters } from "../../shared/registry/notification-schema.ts";
import type { AliasedRowOf } from "../../shared/registry/rows.ts";
import { freshId } from "../platform/random.ts";

/** Messages that were given up. */

export type DeadLetterRow = AliasedRowOf<typeof deadLetters>;

/** The most of one destination. The oldest is dropped: whoever looks after weeks wants the newest. */
const MOST = 100;

export async function keepDeadLetter(db: D1Database, letter: Omit<DeadLetterRow, "id">): Promise<void> {
  const { destinationId, messageId, groups, firstTriedAt, givenUpAt, why } = letter;
  await db.batch([
    db
      .prepare(
        `INSERT INTO dead_letters (id, destination_id, message_id, groups, first_tried_at, given_up_at, why)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(freshId("deadLetter"), destinationId, messageId, groups, firstTriedAt, givenUpAt, why),
    db
      .prepare(
        `DELETE FROM dead_letters WHERE destination_id = ?1 AND id NOT IN
         (SELECT id FROM dead_letters WHERE destination_id = ?1 ORDER BY id DESC LIMIT ${MOST})`,
      )
      .bind(destinationId),
  ]);
}
