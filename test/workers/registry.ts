import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

const files = import.meta.glob("../../migrations/*.sql", { query: "?raw", import: "default", eager: true });

/** Brings the test's D1 database to the newest registry schema. Call it in `beforeAll`. */
export async function applyRegistry(): Promise<void> {
  const migrations = Object.entries(files)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, text]) => ({ name, queries: text.split("--> statement-breakpoint") }));
  await applyD1Migrations(env.DB, migrations);
}
