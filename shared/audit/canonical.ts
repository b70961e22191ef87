/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes
 * them. What JSON cannot say is treated as `JSON.stringify` treats it: an undefined member is left out, NaN and
 * the infinities become null, so that an entry can always be recorded.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const record = value as Readonly<Record<string, unknown>>;
    let members = "";
    for (const name of Object.keys(record).sort()) {
      const member = record[name];
      if (member === undefined) continue;
      members += `${members === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  return JSON.stringify(value) ?? "null";
}
