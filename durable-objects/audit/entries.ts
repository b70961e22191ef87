import { fits, MAX_APPEND_ENTRIES } from "../../shared/audit/bounds.ts";
import { canonicalJson } from "../../shared/audit/canonical.ts";
import type { AuditEntry } from "../../shared/audit/types.ts";
import { appendLeaves, leafHash } from "../../shared/merkle/tree.ts";
import { readNode, treeSize, writeNodes } from "./nodes.ts";
import { insertRows } from "./rows.ts";

/** An entry that has its place in the log. */
export interface PlacedEntry {
  readonly leaf: number;
  readonly entry: AuditEntry;
  readonly text: string;
}

/**
 * Puts the entries that the log does not have yet at its end. Call it inside a transaction.
 * Throws a `RangeError` when there are too many or one is too large: the caller bounds them before.
 */
export function appendEntries(sql: SqlStorage, entries: readonly AuditEntry[]): PlacedEntry[] {
  if (entries.length > MAX_APPEND_ENTRIES) throw new RangeError("too many entries at once");
  const known = knownIds(sql, entries);
  const size = treeSize(sql);
  const placed: PlacedEntry[] = [];
  for (const entry of entries) {
    if (known.has(entry.id)) continue;
    known.add(entry.id);
    const text = canonicalJson(entry);
    if (!fits(text)) throw new RangeError(`the entry ${entry.id} is too large`);
    placed.push({ leaf: size + placed.length, entry, text });
  }
  const encoder = new TextEncoder();
  const leaves = placed.map(({ text }) => leafHash(encoder.encode(text)));
  writeNodes(sql, appendLeaves(size, leaves, readNode(sql)));
  insertRows(
    sql,
    "entries",
    placed.map(({ leaf, entry: { id, at, kind }, text }) => ({ leaf, id, at, kind, text })),
  );
  return placed;
}

function knownIds(sql: SqlStorage, entries: readonly AuditEntry[]): Set<string> {
  const ids = JSON.stringify(entries.map(({ id }) => id));
  const query = "SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))";
  return new Set(
    sql
      .exec<{ id: string }>(query, ids)
      .toArray()
      .map(({ id }) => id),
  );
}
