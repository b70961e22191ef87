import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { BACKUP_FORMAT, BACKUP_ROWS } from "../../../shared/api/backup.ts";
import type { Answer } from "../../../shared/api/endpoints.ts";
import {
  insertOf,
  type KeptTable,
  PAGED_TABLES,
  SINGLE_TABLES,
} from "../../../shared/registry/backup-tables.ts";
import { SCHEMA_VERSION } from "../../../shared/registry/schema-version.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { checkTicket, demandSeal, newTicket, sealOfManifest, sealOfPage } from "../backup-seal.ts";
import type { Handlers } from "../call.ts";
import { notFound } from "../refused.ts";

type Rows = Answer<"backup.rows">["rows"];

const STAMP = "SELECT coalesce(max(id), 0) AS stamp FROM history";

const columnsOf = ({ columns }: KeptTable): string => columns.map((column) => `"${column}"`).join(", ");

/** The values in the order of the columns. */
const valuesOf = (rows: readonly Record<string, unknown>[], { columns }: KeptTable): Rows =>
  rows.map((row) => columns.map((column) => row[column] as Rows[number][number]));

const tableNamed = (name: string): KeptTable =>
  PAGED_TABLES.find((table) => table.name === name) ?? notFound("table");

/** An id that identifies the key and reveals nothing about it, because the key has 256 random bits. */
const keyId = ({ secretKey }: Bindings): string => hashSecret(`backup\n${secretKey}`);

/** @throws Refused `conflict` if a network exists. A restore never overwrites data. */
async function mustBeFresh(db: D1Database): Promise<void> {
  if (await db.prepare("SELECT 1 FROM networks").first())
    throwRefusal("conflict", "This hub has a network already. Restore into a new deployment.");
}

export const BACKUP_HANDLERS: Handlers<
  "backup.begin" | "backup.rows" | "restore.begin" | "restore.rows" | "restore.finish"
> = {
  "backup.begin": async ({ bindings, now }) => {
    const [stamp, ...single] = await bindings.db.batch<Record<string, unknown>>([
      bindings.db.prepare(STAMP),
      ...SINGLE_TABLES.map((table) => bindings.db.prepare(`SELECT ${columnsOf(table)} FROM ${table.name}`)),
    ]);
    const [network] = single[0]?.results ?? [];
    const changes = Number(stamp?.results[0]?.stamp);
    const manifest = {
      format: BACKUP_FORMAT,
      schema: SCHEMA_VERSION,
      secretKey: keyId(bindings),
      network: String(network?.name),
      takenAt: now,
      stamp: changes,
      single: SINGLE_TABLES.map((table, at) => valuesOf(single[at]?.results ?? [], table)),
      tables: PAGED_TABLES.map(({ name, columns }) => ({ name, columns: [...columns] })),
      ticket: await newTicket(bindings, now, changes),
    } as const;
    return {
      statements: [],
      effects: {
        event: { action: "network.backup", target: "network", detail: {} },
        policies: false,
        userIds: [],
        ends: [],
      },
      body: { ...manifest, seal: await sealOfManifest(bindings, manifest) },
    };
  },

  "backup.rows": async ({ bindings, query, now }) => {
    const { ticket, after = 0 } = query;
    await checkTicket(bindings, ticket, now);
    const table = tableNamed(query.table);
    const [stamp, page] = await bindings.db.batch<Record<string, unknown>>([
      bindings.db.prepare(STAMP),
      bindings.db
        .prepare(
          `SELECT rowid AS row_number, ${columnsOf(table)} FROM ${table.name} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
        )
        .bind(after, BACKUP_ROWS),
    ]);
    const found = page?.results ?? [];
    const next = found.length < BACKUP_ROWS ? null : Number(found.at(-1)?.row_number);
    const rows = valuesOf(found, table);
    const seal = await sealOfPage(bindings, { ticket, table: table.name, after, next, rows });
    return { body: { rows, next, stamp: Number(stamp?.results[0]?.stamp), seal } };
  },

  "restore.begin": async ({ bindings, body }) => {
    const { db } = bindings;
    await mustBeFresh(db);
    if (body.schema !== SCHEMA_VERSION)
      throwRefusal(
        "invalid_input",
        `The backup is of ${body.schema}, this release of ${SCHEMA_VERSION}. Restore it with the release that it is of, then upgrade.`,
      );
    if (body.secretKey !== keyId(bindings))
      throwRefusal(
        "invalid_input",
        "The backup's secrets are sealed with another SECRET_KEY. Give this deployment the same one: npx wrangler secret put SECRET_KEY",
      );
    demandSeal(body.seal, await sealOfManifest(bindings, body));
    // Deletes what an earlier attempt left behind.
    const all = [...PAGED_TABLES, ...SINGLE_TABLES].toReversed();
    await db.batch(all.map(({ name }) => db.prepare(`DELETE FROM ${name}`)));
    return { body: null };
  },

  "restore.rows": async ({ bindings, body }) => {
    const { db } = bindings;
    const table = tableNamed(body.table);
    await mustBeFresh(db);
    demandSeal(body.seal, await sealOfPage(bindings, body));
    if (body.rows.some((row) => row.length !== table.columns.length))
      throwRefusal("invalid_input", `A row of ${table.name} has ${table.columns.length} values.`);
    const insert = db.prepare(insertOf(table));
    const isHistory = table.name === "history";
    await db.batch([
      ...body.rows.map((row) => insert.bind(...row)),
      // Deletes the history that triggers wrote, because they take a restored row for a new one.
      ...(isHistory ? [] : [db.prepare("DELETE FROM history")]),
      // Nobody is notified about restored old events.
      db.prepare(
        "UPDATE notification_cursors SET history = max(history, (SELECT coalesce(max(id), 0) FROM history))",
      ),
    ]);
    return { body: null };
  },

  "restore.finish": async ({ bindings, body }) => {
    const { db } = bindings;
    await mustBeFresh(db);
    demandSeal(body.seal, await sealOfManifest(bindings, body));
    return {
      statements: [
        ...SINGLE_TABLES.flatMap((table, at) => [
          db.prepare(`DELETE FROM ${table.name}`),
          ...(body.single[at] ?? []).map((row) => db.prepare(insertOf(table)).bind(...row)),
        ]),
        db.prepare("DELETE FROM history WHERE id > ?").bind(body.stamp),
        db.prepare(
          `INSERT INTO notification_deliveries (destination_id, done_until)
           SELECT id, (SELECT coalesce(max(id), 0) FROM notices) FROM notification_destinations`,
        ),
        // The log of the new network begins anew.
        db.prepare(
          "INSERT INTO log_deliveries (destination_id, done_until) SELECT id, -1 FROM log_destinations",
        ),
      ],
      effects: {
        event: { action: "network.restore", target: "network", detail: {} },
        policies: true,
        userIds: [],
        ends: [],
      },
      body: null,
    };
  },
};
