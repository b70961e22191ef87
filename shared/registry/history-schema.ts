import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What everything in the registry was at each time: see `history.ts`, whose triggers write it. Rows never change. */
export const history = sqliteTable(
  "history",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    at: integer("at").notNull(),
    kind: text("kind").notNull(),
    /** Id of the thing whose history it is. */
    target: text("target").notNull(),
    /** What else tells such rows of one thing apart, such as a member of a group; else empty. */
    other: text("other").notNull(),
    /** What people called it then. */
    name: text("name").notNull(),
    /** JSON of what it was; null where it was not there. */
    before: text("before"),
    after: text("after"),
    /** Id of the audit log's entry; null for what no administrator did. */
    entry: text("entry"),
    actor: text("actor"),
    /** Address of the person who acted, also by a token. */
    person: text("person"),
    note: text("note"),
  },
  (t) => [
    index("history_thing").on(t.kind, t.target, t.other, t.at),
    index("history_target").on(t.target),
    index("history_other").on(t.other),
    index("history_entry").on(t.entry),
  ],
);

/** Inside a transaction: who changes the registry, and why. Empty outside of one. */
export const changeContext = sqliteTable("change_context", {
  one: integer("one").primaryKey().default(1),
  at: integer("at").notNull(),
  entry: text("entry").notNull(),
  actor: text("actor").notNull(),
  person: text("person"),
  note: text("note"),
});
