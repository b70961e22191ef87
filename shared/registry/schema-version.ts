import journal from "../../migrations/meta/_journal.json" with { type: "json" };

/** Which migrations this release knows, and whether a database has the same ones. */

const KNOWN: readonly string[] = journal.entries.map(({ tag }) => tag);

/** The newest migration of this release. It names the schema that this release writes. */
export const SCHEMA_VERSION = KNOWN.at(-1) ?? "";

/** @param applied Names of applied migrations, with or without folder and `.sql`. */
export function compareSchema(applied: readonly string[]): "same" | "outdated" | "newer" {
  const tags = new Set(applied.map((name) => name.replace(/^.*\//, "").replace(/\.sql$/, "")));
  if (KNOWN.some((tag) => !tags.has(tag))) return "outdated";
  return tags.size > KNOWN.length ? "newer" : "same";
}
