import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { apps, users } from "./schema.ts";

/** Requests for access and the grants that became of them. The domain is in `shared/access/grants`. */
export const accessGrants = sqliteTable(
  "access_grants",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    appId: text("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** JSON lists. */
    actions: text("actions").notNull(),
    paths: text("paths").notNull(),
    seconds: integer("seconds").notNull(),
    reason: text("reason").notNull(),
    needed: integer("needed").notNull(),
    emergency: integer("emergency", { mode: "boolean" }).notNull(),
    /** What an approval is bound to. See `digestOf`. */
    digest: text("digest").notNull(),
    status: text("status", {
      enum: ["pending", "granted", "denied", "withdrawn", "lapsed", "expired", "revoked"],
    }).notNull(),
    askedAt: integer("asked_at").notNull(),
    lapsesAt: integer("lapses_at").notNull(),
    /** From when until when it holds. Null unless it was granted. */
    since: integer("since"),
    until: integer("until"),
    /** Ids of users, who may be gone. */
    endedBy: text("ended_by"),
    endedAt: integer("ended_at"),
    reviewedBy: text("reviewed_by"),
    reviewedAt: integer("reviewed_at"),
    /** When its approvers were told of it by mail. Null if they were not yet, or if nobody is to be told. */
    toldAt: integer("told_at"),
    version: integer("version").notNull().default(1),
  },
  (t) => [
    index("access_grants_user").on(t.userId, t.status),
    index("access_grants_status").on(t.status, t.askedAt),
    // Of one person and app, one request waits.
    uniqueIndex("access_grants_waiting").on(t.userId, t.appId).where(sql`status = 'pending'`),
  ],
);

/** What approvers said, one row for each of them. */
export const grantAnswers = sqliteTable(
  "grant_answers",
  {
    grantId: text("grant_id")
      .notNull()
      .references(() => accessGrants.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    verdict: text("verdict", { enum: ["approve", "deny"] }).notNull(),
    note: text("note").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.grantId, t.userId] }), index("grant_answers_user").on(t.userId, t.at)],
);
