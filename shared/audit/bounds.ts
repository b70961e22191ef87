import { canonicalJson } from "./canonical.ts";
import type { AuditEntry, DecisionEntry } from "./types.ts";

/** The most bytes of one entry as canonical JSON in UTF-8. */
export const MAX_ENTRY_BYTES = 16_384;
/** The most entries of one `append`. */
export const MAX_APPEND_ENTRIES = 256;

/**
 * The limits for an entry that is too large. They are tried in turn until the entry fits. `text`: characters
 * of a text. `items`: items of a list or record.
 */
const LIMITS = [
  { text: 2_048, items: 64 },
  { text: 512, items: 32 },
  { text: 128, items: 16 },
  { text: 64, items: 8 },
] as const;

const MAX_DEPTH = 6;
const ELLIPSIS = "…";

/**
 * The entry as it is recorded. It stays unchanged if it fits into `MAX_ENTRY_BYTES`. Otherwise long texts,
 * lists and records are cut (a cut text ends with "…"). The entry is cut before it is hashed, so the leaf
 * matches the recorded entry.
 */
export function boundEntry<T extends AuditEntry>(entry: T): T {
  // The order of members doesn't change the length, so the faster `JSON.stringify` gives the same length as
  // canonical JSON.
  if (fits(JSON.stringify(entry))) return entry;
  for (const limit of LIMITS) {
    const cut = { ...(shorten(entry, limit, 0) as T), cut: true };
    if (fits(canonicalJson(cut))) return cut;
  }
  return withoutParticulars(entry) as T;
}

/**
 * Whether the text takes at most `MAX_ENTRY_BYTES`. A code unit takes at most three bytes, so few texts must
 * be encoded to measure them.
 */
export const fits = (text: string): boolean =>
  text.length * 3 <= MAX_ENTRY_BYTES || new TextEncoder().encode(text).length <= MAX_ENTRY_BYTES;

function shorten(value: unknown, limit: (typeof LIMITS)[number], depth: number): unknown {
  if (typeof value === "string") return cutText(value, limit.text);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.slice(0, limit.items).map((item) => shorten(item, limit, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, limit.items)
      .map(([name, member]) => [cutText(name, 128), shorten(member, limit, depth + 1)]),
  );
}

/** The last resort: the entry keeps who, what and when, and loses everything in free form. */
function withoutParticulars(entry: AuditEntry): AuditEntry {
  const cut = shorten(entry, LIMITS[3], 0) as AuditEntry;
  return cut.kind === "decision"
    ? { ...withoutShadow(cut), determining: cut.determining.slice(0, 1), erroring: [], cut: true }
    : { ...cut, detail: { truncated: true } };
}

function withoutShadow({ shadow: _, versions: __, ...entry }: DecisionEntry): DecisionEntry {
  return entry;
}

function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 2);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, length - (splitsPair ? 2 : 1)) + ELLIPSIS;
}
