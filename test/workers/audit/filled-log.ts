import { DurableObject } from "cloudflare:workers";
import { AUDIT_STEPS } from "../../../durable-objects/audit/schema.ts";
import { searchEntries } from "../../../durable-objects/audit/search.ts";
import { AuditLog } from "../../../durable-objects/audit-log.ts";
import { migrate } from "../../../durable-objects/storage/migrate.ts";
import type { AuditEntry, AuditQuery } from "../../../shared/audit/types.ts";

/** A log that holds a million decisions without having been appended to a million times; its texts are short. */
export class FilledLog extends DurableObject {
  /** @param rows How many; people, paths and apps are drawn so that a few are common and most are rare. */
  async fill(from: number, rows: number): Promise<number> {
    const { sql } = this.ctx.storage;
    if (from === 0) {
      migrate(sql, AUDIT_STEPS);
      sql.exec(`INSERT INTO terms (text) VALUES ('c:decision 1 policy'), ('c:decision 2 default_deny'), ('c:decision 2 policy'),
        ('c:decision 2 invalid_credentials'), ('c:admin 0 app.update')`);
      const many = (count: number, text: string) =>
        sql.exec(
          `WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ${count - 1})
           INSERT INTO terms (text) SELECT ${text} FROM n`,
        );
      many(APPS, "'a:app_' || n || ' app-' || n");
      many(PEOPLE, "'u:usr_' || n || ' person-' || n || '@example.com'");
      many(PATHS, "'p:/' || (n % 20) || '/section-' || (n % 400) || '/page-' || n");
    }
    sql.exec(
      `WITH RECURSIVE n(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM n WHERE n < ${from + rows - 1}),
       d AS (SELECT n, abs(random()) AS a, abs(random()) AS b, abs(random()) AS c, abs(random()) AS d FROM n)
       INSERT INTO facets (leaf, at, outcome, code, app, person, subject)
       SELECT n, ${START} + n * 1000,
         CASE WHEN a % 20 = 0 THEN 2 ELSE 1 END,
         CASE WHEN a % 20 > 0 THEN 1 WHEN a % 400 = 0 THEN 4 ELSE 2 + a / 20 % 2 END,
         ${FIRST_APP} + min(b % ${APPS}, b / 7 % ${APPS}),
         ${FIRST_APP + APPS} + min(c % ${PEOPLE}, c / 7 % ${PEOPLE}, c / 11 % ${PEOPLE}),
         ${FIRST_APP + APPS + PEOPLE} + min(d % ${PATHS}, d / 7 % ${PATHS})
       FROM d`,
    );
    sql.exec(
      `INSERT INTO entries (leaf, id, at, kind, text)
       SELECT leaf, 'dec_' || leaf, at, 'decision', '{"kind":"decision","id":"dec_' || leaf || '"}' FROM facets
       WHERE leaf >= ${from}`,
    );
    sql.exec(
      `INSERT OR REPLACE INTO minutes (at, requests, allows, denials, sessions_started, sessions_ended, first_leaf, last_leaf)
       SELECT at / 60000 * 60000, count(*), 0, 0, 0, 0, min(leaf), max(leaf) FROM facets GROUP BY 1`,
    );
    return sql.databaseSize;
  }

  async search(query: AuditQuery): Promise<{ found: number; searchedUntil: number | null }> {
    const { rows, searchedUntil } = searchEntries(this.ctx.storage.sql, query);
    return { found: rows.length, searchedUntil };
  }
}

const START = 1_700_000_000_000;
const APPS = 200;
const PEOPLE = 10_000;
const PATHS = 50_000;
const FIRST_APP = 6;

export class Log extends AuditLog {
  async appendAll(batches: readonly AuditEntry[][]): Promise<number> {
    for (const batch of batches) await this.append(batch);
    return this.ctx.storage.sql.databaseSize;
  }
}

interface Env {
  readonly FILLED: DurableObjectNamespace<FilledLog>;
  readonly LOG: DurableObjectNamespace<Log>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { method, args } = (await request.json()) as { method: "fill" | "search" | "append"; args: never };
    const filled = env.FILLED.get(env.FILLED.idFromName("filled"));
    if (method === "append") {
      return Response.json(await env.LOG.get(env.LOG.idFromName("audit")).appendAll(args));
    }
    if (method === "fill") {
      const [from, rows] = args as [number, number];
      return Response.json(await filled.fill(from, rows));
    }
    return Response.json(await filled.search(args));
  },
};
