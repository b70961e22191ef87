import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { SUGGESTION_KINDS, SUGGESTION_STATES } from "../segments/suggest/states.ts";

/** What recorded traffic suggests. Open ones are replaced when suggestions are made anew; the others are remembered. */
export const suggestions = sqliteTable(
  "suggestions",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    kind: text("kind", { enum: SUGGESTION_KINDS }).notNull(),
    state: text("state", { enum: SUGGESTION_STATES }).notNull().default("open"),
    confidence: real("confidence").notNull(),
    /** How many pairs of nodes were seen. */
    seen: integer("seen").notNull(),
    /** JSON of `Meaning`: how it is known again. */
    meaning: text("meaning").notNull(),
    /** JSON: what it rests on. */
    basis: text("basis").notNull(),
    /** JSON: what it proposes, with the evidence. */
    body: text("body").notNull(),
    /** Who accepted, rejected or undid it: an actor, `system` among them. */
    decidedBy: text("decided_by"),
    decidedAt: integer("decided_at"),
    /** JSON: what accepting it made and changed, for taking it back. */
    undo: text("undo"),
    /** Which share of all permissions an adaptation took away by itself. */
    share: real("share").notNull().default(0),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [index("suggestions_state").on(t.state, t.kind)],
);
