import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { identityProviders, users } from "./schema.ts";

/** Providers that send their people and groups by SCIM, and whom they sent: see `docs/sign-in/scim.md`. */

const versioned = {
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
};

/** That a provider sends its people and groups by SCIM. */
export const scimSources = sqliteTable("scim_sources", {
  providerId: text("provider_id")
    .primaryKey()
    .references(() => identityProviders.id, { onDelete: "cascade" }),
  /** What the names of the provider's groups begin with, in policies: `scim:<namespace>/`. It never changes. */
  namespace: text("namespace").notNull().unique(),
  /** Null after the token was revoked. */
  secretHash: text("secret_hash").unique(),
  /** The hash of the token before the last rotation. That token is valid until `previousUntil`. */
  previousHash: text("previous_hash"),
  previousUntil: integer("previous_until"),
  issuedAt: integer("issued_at").notNull(),
  lastCallAt: integer("last_call_at"),
  /** What was wrong with the last refused call, in our own words. */
  lastRefusal: text("last_refusal"),
  lastRefusalAt: integer("last_refusal_at"),
  ...versioned,
});

/** A person as a provider sent them by SCIM. The person's id in SCIM is the user's id. */
export const scimUsers = sqliteTable(
  "scim_users",
  {
    providerId: text("provider_id")
      .notNull()
      .references(() => identityProviders.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Lower case. */
    userName: text("user_name").notNull(),
    externalId: text("external_id"),
    /** JSON: the resource as the provider sent it, with the attributes that `shared/scim/attributes.ts` knows. */
    document: text("document").notNull(),
    /** Whether the provider made the user. If not, the user existed before. */
    made: integer("made", { mode: "boolean" }).notNull(),
    /** Whether the provider disabled the user. Only then may it enable the user again. */
    held: integer("held", { mode: "boolean" }).notNull().default(false),
    ...versioned,
  },
  (t) => [
    primaryKey({ columns: [t.providerId, t.userId] }),
    uniqueIndex("scim_users_name").on(t.providerId, t.userName),
    index("scim_users_external").on(t.providerId, t.externalId),
    index("scim_users_user").on(t.userId),
  ],
);
