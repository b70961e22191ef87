import { compareSchema, SCHEMA_VERSION } from "../../shared/registry/schema-version.ts";
import { throwRefusal } from "../platform/refused.ts";

let isSame = false;

/**
 * Refuses to work on a database of another release. This code could write things that an older database does not know,
 * or could miss things that a newer database must keep. Both would damage the database. An isolate checks until the
 * releases were the same once, because only a deployment changes the code or the database.
 * @throws Refused `schema_outdated` or `schema_newer`, with the command or the step that helps.
 */
export async function checkSchema(db: D1Database): Promise<void> {
  if (isSame) return;
  const standing = compareSchema(await appliedMigrations(db));
  if (standing === "outdated")
    throwRefusal(
      "schema_outdated",
      `Bring the database to ${SCHEMA_VERSION}: npx wrangler d1 migrations apply rustronaut --remote`,
    );
  if (standing === "newer")
    throwRefusal(
      "schema_newer",
      `This release knows the database up to ${SCHEMA_VERSION}. Deploy the newer release again, or take the database back to before its migrations: docs/deploy.md says how.`,
    );
  isSame = true;
}

/** The names of the applied migrations. Empty when no migration was ever applied. */
async function appliedMigrations(db: D1Database): Promise<string[]> {
  const table = await db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'").first();
  if (!table) return [];
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  return results.map(({ name }) => name);
}
