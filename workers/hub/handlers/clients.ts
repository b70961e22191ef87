import { and, asc, eq, gt } from "drizzle-orm";
import type { Answer } from "../../../shared/api/endpoints.ts";
import { isId } from "../../../shared/base/ids.ts";
import { oauthClients } from "../../../shared/registry/oauth-schema.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

type Stored = typeof oauthClients.$inferSelect;

const view = (row: Stored): Answer<"clients.get"> => ({
  ...row,
  redirectUris: JSON.parse(row.redirectUris) as string[],
});

/**
 * A client by its id, or by the name under which an administrator registered it. Names that clients give themselves name
 * nothing here.
 */
async function findClient(d1: D1Database, reference: string): Promise<Stored> {
  const key = isId("oauthClient", reference)
    ? eq(oauthClients.id, reference)
    : and(eq(oauthClients.name, reference), eq(oauthClients.kind, "registered"));
  const [row] = await registryOf(d1).select().from(oauthClients).where(key).limit(1);
  return row ?? missing(d1, "OAuth client", reference);
}

const effects = (action: string, row: Stored, ends: Effects["ends"] = []): Effects => ({
  event: { action: `oauth_client.${action}`, target: row.id, detail: { name: row.name, kind: row.kind } },
  policies: false,
  userIds: [],
  ends,
});

export const CLIENT_HANDLERS: Handlers<
  "clients.list" | "clients.create" | "clients.get" | "clients.update" | "clients.delete"
> = {
  "clients.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(oauthClients)
          .where(
            and(
              gt(oauthClients.id, after ?? ""),
              holdsWords(query.search, oauthClients.id, oauthClients.name),
            ),
          )
          .orderBy(asc(oauthClients.id))
          .limit(limit),
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(view) } };
  },

  "clients.create": async ({ bindings, body, now }) => {
    const row: Stored = {
      id: freshId("oauthClient"),
      name: body.name,
      kind: "registered",
      redirectUris: JSON.stringify([...new Set(body.redirectUris)]),
      lastUsedAt: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    return {
      statements: [prepared(bindings.db, registryOf(bindings.db).insert(oauthClients).values(row))],
      effects: effects("create", row),
      body: view(row),
      version: row.version,
    };
  },

  "clients.get": async ({ bindings, params }) => {
    const row = await findClient(bindings.db, params.client);
    return { body: view(row), version: row.version };
  },

  "clients.update": async ({ bindings, params, body, ifMatch, now }) => {
    const { db } = bindings;
    const before = await findClient(db, params.client);
    if (before.kind !== "registered")
      throwRefusal(
        "conflict",
        "It registered itself. Register it anew, if you vouch for it, and delete this one.",
      );
    const row: Stored = {
      ...before,
      name: body.name ?? before.name,
      redirectUris: body.redirectUris ? JSON.stringify([...new Set(body.redirectUris)]) : before.redirectUris,
      version: before.version + 1,
      updatedAt: now,
    };
    const { lastUsedAt: _, ...changed } = row;
    return {
      statements: [
        unchanged(db, "oauth_clients", before, ifMatch),
        prepared(db, registryOf(db).update(oauthClients).set(changed).where(eq(oauthClients.id, row.id))),
      ],
      effects: effects("update", row),
      body: view(row),
      version: row.version,
    };
  },

  "clients.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findClient(bindings.db, params.client);
    return {
      statements: [
        unchanged(bindings.db, "oauth_clients", row, ifMatch),
        bindings.db.prepare("DELETE FROM oauth_clients WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row, [{ filter: { by: "client", id: row.id }, reason: "client_removed" }]),
      body: null,
    };
  },
};
