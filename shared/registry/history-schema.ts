import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * The state of everything in the registry at each time. The triggers in `history.ts` write this table. Its
 * rows never change.
 */
export const history = sqliteTable(
  "history",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    at: integer("at").notNull(),
    kind: text("kind").notNull(),
    /** The id of the thing that this row is about. */
    target: text("target").notNull(),
    /**
     * What separates several rows about the same thing, such as a member of a group. Empty if nothing is
     * needed.
     */
    other: text("other").notNull(),
    /** The name of the thing at that time. */
    name: text("name").notNull(),
    /** The state before the change, as JSON. Null if the thing did not exist. */
    before: text("before"),
    after: text("after"),
    /** The id of the audit log's entry. Null for a change that no administrator made. */
    entry: text("entry"),
    actor: text("actor"),
    /** The address of the person who acted, even if the person used a token. */
    person: text("person"),
    note: text("note"),
    /** What the person acted through, in words. Null for the dashboard. */
    via: text("via"),
  },
  (t) => [
    index("history_thing").on(t.kind, t.target, t.other, t.at),
    index("history_target").on(t.target),
    index("history_other").on(t.other),
    index("history_entry").on(t.entry),
  ],
);

/** Says inside a transaction who changes the registry, and why. Empty outside a transaction. */
export const changeContext = sqliteTable("change_context", {
  one: integer("one").primaryKey().default(1),
  at: integer("at").notNull(),
  entry: text("entry").notNull(),
  actor: text("actor").notNull(),
  person: text("person"),
  note: text("note"),
  via: text("via"),
});
