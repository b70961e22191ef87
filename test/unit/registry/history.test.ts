import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { triggerStatements } from "../../../scripts/history-triggers.ts";
import { RECORDED } from "../../../shared/registry/recorded.ts";

const migrations = () =>
  readdirSync("migrations")
    .filter((file) => file.endsWith(".sql"))
    .sort();
const apply = (db: DatabaseSync, name: string) =>
  db.exec(readFileSync(`migrations/${name}`, "utf8").replaceAll("--> statement-breakpoint", ""));
const BEGINNING = migrations().find((file) => file.endsWith("_history.sql")) ?? "";

/** A database as the migrations make it, those before one alone where it is given. */
function migrated(until?: string): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA foreign_keys = ON");
  for (const name of migrations().filter((file) => until === undefined || file < until)) apply(db, name);
  return db;
}

const rows = (db: DatabaseSync) =>
  db
    .prepare(
      "SELECT kind, target, before, after, actor, note FROM history WHERE kind <> 'history' ORDER BY id",
    )
    .all()
    .map((row) => ({
      ...row,
      before: row.before === null ? null : JSON.parse(String(row.before)),
      after: row.after === null ? null : JSON.parse(String(row.after)),
    })) as { kind: string; before: Document; after: Document }[];
type Document = { role?: unknown; groups?: unknown } | null;

describe("U3: the history of the registry", () => {
  it("keeps every column of what it records, or says that it does not", () => {
    const db = migrated();
    for (const { table, fields, without } of RECORDED) {
      const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
      const told = Object.values(fields).map((field) =>
        typeof field === "string" ? field : Object.values(field)[0],
      );
      expect([...told, ...without].sort(), table).toEqual(columns.map(({ name }) => name).sort());
    }
  });

  it("has the triggers that it says, in the newest migration that changed them", () => {
    const found = migrated()
      .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'history%'")
      .all()
      .map(({ sql }) => String(sql));
    const said = triggerStatements()
      .filter((statement) => statement.startsWith("CREATE"))
      .map((statement) => statement.replace(/;$/, ""));
    expect(found.sort()).toEqual(said.sort());
  });

  it("tells what was there when it began", () => {
    const db = migrated(BEGINNING);
    db.exec(
      "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('usr_1', 'a@b.c', 'owner', 1, 1)",
    );
    apply(db, BEGINNING);
    const after = { email: "a@b.c", name: "", status: "active", role: "owner" };
    expect(rows(db)).toMatchObject([
      { kind: "user", target: "usr_1", before: null, after, actor: "baseline" },
    ]);
  });

  it("records what comes, changes and goes, also what goes along, and nothing where nothing changed", () => {
    const db = migrated();
    db.exec(`
      INSERT INTO users (id, email, created_at, updated_at) VALUES ('usr_1', 'a@b.c', 1, 1);
      INSERT INTO change_context (one, at, entry, actor, note) VALUES (1, 7, 'aud_1', 'token:tok_1', 'because');
      UPDATE users SET role = 'owner', version = 2;
      DELETE FROM change_context;
      UPDATE users SET version = 3, updated_at = 9, home_region = 'weur';
      INSERT INTO identity_providers (id, name, issuer, client_id, client_secret_sealed, created_at, updated_at)
        VALUES ('idp_1', 'main', 'https://idp.example', 'rn', 'v1.nonce.0123456789abcdef', 1, 1);
      INSERT INTO identities (id, user_id, provider_id, subject, groups, created_at, updated_at)
        VALUES ('idn_1', 'usr_1', 'idp_1', 'sub', '["ops"]', 1, 1);
      UPDATE identities SET last_sign_in_at = 5;
      DELETE FROM users;`);
    const told = rows(db);
    const value = (document: Document) =>
      document === null ? "absent" : (document.groups ?? document.role ?? null);
    expect(told.map(({ kind, before, after }) => [kind, value(before), value(after)])).toEqual([
      ["user", "absent", null],
      ["user", null, "owner"],
      ["identityProvider", "absent", null],
      ["identity", "absent", ["ops"]],
      ["identity", ["ops"], "absent"],
      ["user", "owner", "absent"],
    ]);
    expect(told[1]).toMatchObject({ actor: "token:tok_1", note: "because" });
    expect(told[5]).toMatchObject({ actor: null, note: null });
    expect(told[2]?.after).toMatchObject({ enabled: true, allowedDomains: [], clientSecret: "89abcdef" });
  });
});
