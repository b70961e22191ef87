import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { users } from "./schema.ts";

/** The second factors that people have with us: see `docs/sign-in/passkeys.md`. */

/** A passkey (WebAuthn) of a user. It is good at the auth host only. */
export const passkeys = sqliteTable(
  "passkeys",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** What the person calls it. */
    name: text("name").notNull(),
    /** base64url, as the authenticator made it. */
    credentialId: text("credential_id").notNull().unique(),
    /** COSE key, base64url. */
    publicKey: text("public_key").notNull(),
    /** The authenticator's count of signatures. Many authenticators always say 0. */
    counter: integer("counter").notNull().default(0),
    /** Whether the authenticator says that the key never leaves it. Otherwise it may be on many devices. */
    isDeviceBound: integer("is_device_bound", { mode: "boolean" }).notNull(),
    /** JSON list: how browsers reach it (WebAuthn §5.8.4). */
    transports: text("transports").notNull().default("[]"),
    lastUsedAt: integer("last_used_at"),
    /** When the count last went back: somebody may have a copy of the key. The key is refused since. */
    clonedAt: integer("cloned_at"),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("passkeys_user").on(t.userId)],
);

/** That an administrator lets a user enrol a first passkey from wherever they are, once. */
export const passkeyInvitations = sqliteTable("passkey_invitations", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  expiresAt: integer("expires_at").notNull(),
  /** The actor's name in the audit log. */
  invitedBy: text("invited_by").notNull(),
  createdAt: integer("created_at").notNull(),
});
