import { normalEmail } from "../../shared/access/login/email.ts";
import type { AuditQuery, Named } from "../../shared/audit/types.ts";
import type { Bindings } from "../platform/env.ts";
import { limitOf, numberIn, readCursor } from "./paging.ts";

/** The search conditions that a caller may give; see `shared/api/observation.ts`. */
export interface Asked {
  readonly user?: string | undefined;
  readonly app?: string | undefined;
  readonly path?: string | undefined;
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly decision?: "allow" | "deny" | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Turns the caller's conditions into a query of the log, with ids for the names in the registry. */
export async function logQuery(bindings: Bindings, asked: Asked): Promise<AuditQuery> {
  const { user, app, path, reason, since, until, decision } = asked;
  const cursor = readCursor(asked.cursor);
  const [who, apps] = await Promise.all([
    user === undefined ? undefined : peopleNamed(bindings.db, user),
    app === undefined ? undefined : appsNamed(bindings.db, app),
  ]);
  return {
    limit: limitOf(asked),
    ...(cursor === null ? {} : { cursor: numberIn(cursor) }),
    ...defined({ who, app: apps, path, reason, since, until, decision }),
  };
}

/** Removes the members that are undefined. */
const defined = <T extends object>(record: T) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };

/**
 * The most people that one word may find in the registry. For more people, the caller must give a more exact
 * name.
 */
const MAX_NAMESAKES = 200;

/**
 * The people that a word names: an id, a user's whole address, or a part of an address or name. People in the
 * registry are also searched by id, because events often contain only the id. Deleted people are found by the
 * names in the log.
 */
async function peopleNamed(db: D1Database, word: string): Promise<Named> {
  const email = normalEmail(word);
  const query = "SELECT id FROM users WHERE email = ?";
  const one = email === null ? null : await db.prepare(query).bind(email).first<{ id: string }>();
  if (email !== null && one) return { ids: [one.id], names: [email], part: null };
  const part = word.toLowerCase();
  const { results } = await db
    .prepare(
      `SELECT id FROM users WHERE instr(email, ?1) > 0 OR instr(lower(name), ?1) > 0
       UNION ALL SELECT id FROM service_tokens WHERE instr(lower(name), ?1) > 0 LIMIT ?2`,
    )
    .bind(part, MAX_NAMESAKES)
    .all<{ id: string }>();
  return { ids: [word, ...results.map(({ id }) => id)], names: [], part };
}

async function appsNamed(db: D1Database, word: string): Promise<Named> {
  const row = await db
    .prepare("SELECT id, name FROM apps WHERE id = ?1 OR name = ?1")
    .bind(word)
    .first<{ id: string; name: string }>();
  if (row) return { ids: [row.id], names: [row.name], part: null };
  return { ids: [word], names: [], part: word.toLowerCase() };
}
