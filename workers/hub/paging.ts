import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import { throwRefusal } from "../platform/refused.ts";

const DEFAULT_LIMIT = 50;

interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * One page of a list in a stable order.
 *
 * @param fetch Returns at most `limit` rows after `after` (null: from the start).
 * @param keyOf The key that the order uses. The cursor points to the position after the last row's key.
 */
export async function pageOf<Row>(
  query: PageQuery,
  fetch: (after: string | null, limit: number) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): Promise<{ items: Row[]; next: string | null }> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const rows = await fetch(readCursor(query.cursor), limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null };
}

export const limitOf = (query: PageQuery): number => query.limit ?? DEFAULT_LIMIT;

export const writeCursor = (key: string): string => base64url(new TextEncoder().encode(key));

export function readCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const bytes = fromBase64url(cursor);
  if (!bytes || bytes.length === 0) return refuseCursor();
  return new TextDecoder().decode(bytes);
}

/** The key in the cursor of a list that is ordered by number. */
export function numberIn(key: string): number {
  return /^\d{1,15}$/.test(key) ? Number(key) : refuseCursor();
}

const refuseCursor = (): never => throwRefusal("invalid_input", "The cursor is not one that this list gave.");

/** The cursor of the next page of the log, which goes by numbers of entries. */
export const nextOf = (next: number | null): string | null =>
  next === null ? null : writeCursor(String(next));
