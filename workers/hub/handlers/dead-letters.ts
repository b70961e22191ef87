import { summaryOf } from "../../../shared/notifications/message.ts";
import type { Group } from "../../../shared/notifications/notice.ts";
import type { DeadLetterRow } from "../../notifications/dead-letters.ts";
import { senderOf } from "../../notifications/deliver.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { selected, wordsHeld } from "../search.ts";
import { destinationEffects, findDestination, sendNow } from "./notifications.ts";

type Letter = DeadLetterRow & { readonly destination: string };

const LETTER = `l.id, l.destination_id AS destinationId, d.name AS destination, l.message_id AS messageId, l.groups,
  l.first_tried_at AS firstTriedAt, l.given_up_at AS givenUpAt, l.why`;

const groupsIn = ({ groups }: Letter): Group[] => JSON.parse(groups) as Group[];

function viewLetter(letter: Letter) {
  const { destinationId: _, groups: __, ...shown } = letter;
  return { ...shown, text: summaryOf(groupsIn(letter)) };
}

async function findLetter(d1: D1Database, id: string): Promise<Letter> {
  const found = await d1
    .prepare(
      `SELECT ${LETTER} FROM dead_letters l JOIN notification_destinations d ON d.id = l.destination_id WHERE l.id = ?`,
    )
    .bind(id)
    .first<Letter>();
  return found ?? throwRefusal("not_found", "There is no such notification that was given up.");
}

const removeLetter = (d1: D1Database, { id }: Letter): D1PreparedStatement =>
  d1.prepare("DELETE FROM dead_letters WHERE id = ?").bind(id);

export const DEAD_LETTER_HANDLERS: Handlers<
  "deadLetters.list" | "deadLetters.resend" | "deadLetters.delete"
> = {
  "deadLetters.list": async ({ bindings, query }) => {
    const { db } = bindings;
    const of = query.destination === undefined ? null : await findDestination(db, query.destination);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await selected(
          db,
          `SELECT ${LETTER} FROM dead_letters l JOIN notification_destinations d ON d.id = l.destination_id`,
          [
            ["l.id < ?", after ?? "~"],
            ...(of ? ([["l.destination_id = ?", of.id]] as const) : []),
            ...wordsHeld(query.search, "d.name", "l.why", "l.groups"),
          ],
          ["ORDER BY l.id DESC LIMIT ?", limit],
        ).all<Letter>();
        return results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(viewLetter) } };
  },

  "deadLetters.resend": async ({ bindings, params }) => {
    const letter = await findLetter(bindings.db, params.deadLetter);
    const row = await findDestination(bindings.db, letter.destinationId);
    const message = { id: letter.messageId, groups: groupsIn(letter), sender: await senderOf(bindings) };
    await sendNow(bindings, row, message);
    return {
      statements: [removeLetter(bindings.db, letter)],
      effects: destinationEffects("resend", row),
      body: null,
    };
  },

  "deadLetters.delete": async ({ bindings, params }) => {
    const letter = await findLetter(bindings.db, params.deadLetter);
    return {
      statements: [removeLetter(bindings.db, letter)],
      effects: {
        event: {
          action: "dead_letter.delete",
          target: letter.destinationId,
          detail: { name: letter.destination, messageId: letter.messageId },
        },
        policies: false,
        userIds: [],
        ends: [],
      },
      body: null,
    };
  },
};
