import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../base/base64url.ts";
import { canonicalJson } from "./canonical.ts";
import type { EventEntry } from "./types.ts";

/** One thing in the registry that an event changed. */
export interface Change {
  readonly kind: string;
  readonly target: string;
  /**
   * What separates several changes of the same thing, such as a member of the group. Empty if nothing is
   * needed.
   */
  readonly other: string;
  readonly name: string;
  /** Null if the thing did not exist. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** One field that changed. Null means that there is no value. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * The fields of a thing that changed. Fields of a record inside the thing are compared one by one
 * (`settings.anonymous`).
 */
export function fieldsOf({ before, after }: Pick<Change, "before" | "after">): FieldChange[] {
  return differences("", before, after);
}

function differences(path: string, before: unknown, after: unknown): FieldChange[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  const records = [before, after].filter((value) => value !== null && value !== undefined);
  if (!records.every(isRecord)) return [{ field: path, before: before ?? null, after: after ?? null }];
  const [from, to] = [before, after].map((value) => (isRecord(value) ? value : {}));
  const names = new Set([...Object.keys(from ?? {}), ...Object.keys(to ?? {})]);
  return [...names].flatMap((name) =>
    differences(path === "" ? name : `${path}.${name}`, from?.[name], to?.[name]),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The most characters of a value in an entry. The second limit is for a thing with many long values. A longer
 * value is replaced by its hash.
 */
const MAX_VALUES = [1_000, 100] as const;
/**
 * The most characters of all changes in one entry. With this limit the entry is never cut (`bounds.ts`),
 * because a character takes at most three bytes.
 */
const MAX_CHANGES = 4_000;

/**
 * The entries that say what an event changed: one entry, or several if the changes don't fit into one. The
 * ids of the further entries are derived from the id of the first, so the log stores each entry once, however
 * often the entries are sent.
 */
export function withChanges(event: EventEntry, changes: readonly Change[]): EventEntry[] {
  if (changes.length === 0) return [event];
  const parts = partsOf(changes.map(recorded));
  return parts.map((part, n) => ({
    ...event,
    id: n === 0 ? event.id : `${event.id}.${n + 1}`,
    detail: {
      ...(n === 0 ? event.detail : {}),
      ...(parts.length > 1 ? { part: n + 1, parts: parts.length } : {}),
      changes: part,
    },
  }));
}

type Recorded = Readonly<Record<string, unknown>>;

function recorded(change: Change): Recorded {
  const { kind, target, other, name } = change;
  const within = (limit: number): Recorded => {
    const fields = fieldsOf(change).map(({ field, before, after }) => [
      field,
      [brief(before, limit), brief(after, limit)],
    ]);
    return { kind, target, ...(other === "" ? {} : { other }), name, fields: Object.fromEntries(fields) };
  };
  const whole = within(MAX_VALUES[0]);
  return JSON.stringify(whole).length <= MAX_CHANGES ? whole : within(MAX_VALUES[1]);
}

/**
 * The value itself. If the value is long: its hash (SHA-256 of its canonical JSON in UTF-8) and its length in
 * characters.
 */
function brief(value: unknown, limit: number): unknown {
  const text = canonicalJson(value);
  if (text.length <= limit) return value;
  return { sha256: hex(sha256(new TextEncoder().encode(text))), characters: text.length };
}

function partsOf(changes: readonly Recorded[]): Recorded[][] {
  const parts: Recorded[][] = [];
  let room = 0;
  for (const change of changes) {
    const size = JSON.stringify(change).length;
    if (size > room) {
      parts.push([]);
      room = MAX_CHANGES;
    }
    parts.at(-1)?.push(change);
    room -= size;
  }
  return parts;
}
