import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { migrate } from "../../../durable-objects/storage/migrate.ts";

test("each step runs once and later steps are added", async () => {
  const stub = env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName("migrate-test"));
  await runInDurableObject(stub, (_object, state) => {
    const sql = state.storage.sql;
    sql.exec("DROP TABLE _migrations"); // the object ran its own steps
    migrate(sql, ["CREATE TABLE migrated (a INTEGER)"]);
    migrate(sql, ["CREATE TABLE migrated (a INTEGER)", "INSERT INTO migrated VALUES (1)"]);
    migrate(sql, ["CREATE TABLE migrated (a INTEGER)", "INSERT INTO migrated VALUES (1)"]);
    expect(sql.exec("SELECT a FROM migrated").toArray()).toEqual([{ a: 1 }]);
  });
});
