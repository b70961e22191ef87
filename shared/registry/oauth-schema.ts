import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The programs that may ask people for access to apps: see `docs/guides/mcp.md`. */
export const oauthClients = sqliteTable(
  "oauth_clients",
  {
    /** The `client_id`. */
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** Who wrote the row: an administrator, or the program itself (RFC 7591). */
    kind: text("kind", { enum: ["registered", "self_registered"] }).notNull(),
    /** JSON list. */
    redirectUris: text("redirect_uris").notNull(),
    /** To the hour. Null if no person has agreed yet: a program that registered itself is then soon forgotten. */
    lastUsedAt: integer("last_used_at"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [index("oauth_clients_kind").on(t.kind, t.createdAt)],
);
