import { remembering } from "../base/bounded-map.ts";

/**
 * Canonical JSON (RFC 8785): members are sorted by UTF-16 code units, there is no white space, and numbers
 * are written as in ECMAScript. Values that JSON can't express are treated as in `JSON.stringify`, so that an
 * entry can always be recorded: an undefined member is left out, and NaN and the infinities become null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "boolean" || value === null) return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") {
    const record = value as Readonly<Record<string, unknown>>;
    let members = "";
    for (const name of Object.keys(record).sort()) {
      const member = record[name];
      if (member === undefined) continue;
      members += `${members === "" ? "" : ","}${quoted(name)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** A member's name in JSON. Entries have the same few names again and again. */
const quoted = remembering(1_000, (name) => JSON.stringify(name));
