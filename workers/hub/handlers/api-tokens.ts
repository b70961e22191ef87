import { and, asc, eq, gt } from "drizzle-orm";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { isId } from "../../../shared/base/ids.ts";
import { apiTokens } from "../../../shared/registry/schema.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { ownerOrTokenIsLeft, unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";
import { randomBytes } from "./service-tokens.ts";

type Row = typeof apiTokens.$inferSelect;

/** @param email The address of the person whom the token belongs to. */
export const viewApiToken = ({ secretHash: _, ...row }: Row, email: string | null) => ({ ...row, email });

/** The addresses of the people to whom these tokens belong, by the users' ids. */
async function emailsOf(d1: D1Database, rows: readonly Row[]): Promise<(row: Row) => string | null> {
  const ids = rows.flatMap(({ userId }) => userId ?? []);
  const { results } = await d1
    .prepare("SELECT id, email FROM users WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(ids))
    .all<{ id: string; email: string }>();
  const emails = new Map(results.map(({ id, email }) => [id, email]));
  return ({ userId }) => (userId === null ? null : (emails.get(userId) ?? null));
}

/** A new API token: the row to store, and the secret, which is shown only once. */
export function newApiToken(
  of: Pick<Row, "name" | "role" | "userId" | "expiresAt">,
  now: number,
): { row: Row; secret: string } {
  const secret = mintToken("rnapi", randomBytes);
  const row: Row = {
    id: freshId("apiToken"),
    ...of,
    secretHash: hashSecret(secret),
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return { row, secret };
}

/** An API token by id or name. Several tokens may have the same name; then only the id identifies one. */
async function findApiToken(d1: D1Database, reference: string): Promise<Row> {
  const key = isId("apiToken", reference) ? eq(apiTokens.id, reference) : eq(apiTokens.name, reference);
  const [row, another] = await registryOf(d1).select().from(apiTokens).where(key).limit(2);
  if (another)
    throwRefusal("conflict", "Several API tokens have this name. Give the id of the one that you mean.");
  return row ?? missing(d1, "API token", reference);
}

const effects = (action: string, row: Row): Effects => ({
  event: { action: `api_token.${action}`, target: row.id, detail: { name: row.name, role: row.role } },
  policies: false,
  userIds: [],
  ends: [],
});

export const API_TOKEN_HANDLERS: Handlers<
  "apiTokens.list" | "apiTokens.create" | "apiTokens.get" | "apiTokens.delete"
> = {
  "apiTokens.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(apiTokens)
          .where(
            and(
              gt(apiTokens.id, after ?? ""),
              holdsWords(query.search, apiTokens.id, apiTokens.name, apiTokens.role),
            ),
          )
          .orderBy(asc(apiTokens.id))
          .limit(limit),
      (row) => row.id,
    );
    const emailOf = await emailsOf(bindings.db, page.items);
    return { body: { ...page, items: page.items.map((row) => viewApiToken(row, emailOf(row))) } };
  },

  "apiTokens.create": async ({ bindings, body, caller, now }) => {
    const expiresAt = body.expiresAt ?? null;
    if (expiresAt !== null && expiresAt <= now)
      throwRefusal("invalid_input", "expiresAt must be in the future.");
    // The token of a person belongs to the person and ends with the person.
    const userId = caller.user?.id ?? null;
    const { row, secret } = newApiToken({ name: body.name, role: body.role, userId, expiresAt }, now);
    return {
      statements: [prepared(bindings.db, registryOf(bindings.db).insert(apiTokens).values(row))],
      effects: effects("create", row),
      body: { apiToken: viewApiToken(row, caller.user?.email ?? null), secret },
      version: 1,
    };
  },

  "apiTokens.get": async ({ bindings, params }) => {
    const row = await findApiToken(bindings.db, params.apiToken);
    return { body: viewApiToken(row, (await emailsOf(bindings.db, [row]))(row)), version: row.version };
  },

  "apiTokens.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findApiToken(bindings.db, params.apiToken);
    return {
      statements: [
        unchanged(bindings.db, "api_tokens", row, ifMatch),
        bindings.db.prepare("DELETE FROM api_tokens WHERE id = ?").bind(row.id),
        ...(row.role === "owner" ? [ownerOrTokenIsLeft(bindings.db)] : []),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
