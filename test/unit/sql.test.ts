import { globSync, readFileSync } from "node:fs";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { MeshStatement, meshChange, type Statement } from "../../shared/registry/mesh-change.ts";
import * as meshSchema from "../../shared/registry/mesh-schema.ts";
import * as notificationSchema from "../../shared/registry/notification-schema.ts";
import * as schema from "../../shared/registry/schema.ts";

/** What all SQL in the code has in common, whoever sends it to whatever database. */

const files = globSync("{shared,workers,durable-objects,agent,cli,scripts}/**/*.ts", {
  exclude: ["**/node_modules/**"],
});

interface Insert {
  readonly where: string;
  readonly table: string;
  /** Null where the statement names none. */
  readonly columns: readonly string[] | null;
}

function insertsOf(file: string): Insert[] {
  const text = readFileSync(file, "utf8");
  const statement = /\b(?:INSERT\s+(?:OR\s+\w+\s+)?|REPLACE\s+)INTO\s+(\$\{\w+\}|\w+)\s*(?:\(([^()]*)\))?/gi;
  return [...text.matchAll(statement)].map(({ index, 1: table = "", 2: names }) => ({
    where: `${file}:${text.slice(0, index).split("\n").length}`,
    table,
    columns: names === undefined ? null : names.split(",").map((name) => name.trim()),
  }));
}

/** Names of all columns of each registry table, and of those that have no value unless it is given. */
const registry = new Map(
  [schema, meshSchema, notificationSchema]
    .flatMap((module) => Object.values(module))
    .filter((table) => is(table, SQLiteTable))
    .map((table) => {
      const { name, columns } = getTableConfig(table);
      const all = columns.map((column) => column.name);
      const needed = columns.filter((column) => column.notNull && !column.hasDefault).map(({ name }) => name);
      return [name, { all, needed }] as const;
    }),
);

/** What nodes apply: see `shared/registry/mesh-change.ts`. */
const MESH = ["nodes", "node_routes", "mesh_rules", "address_holds", "root_documents", "mesh_state"];
/** What raises the revision, and what makes the state to begin with. */
const NO_CHANGE = ["UPDATE mesh_state SET revision = revision + 1", "INSERT OR IGNORE INTO mesh_state"];

/** Statements that write a table that nodes apply. */
function meshWritesOf(
  file: string,
): { readonly where: string; readonly before: string; readonly sql: string }[] {
  const text = readFileSync(file, "utf8");
  const verb = String.raw`(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)`;
  const write = String.raw`${verb}\s+(${MESH.join("|")})\b`;
  return [...text.matchAll(new RegExp(write, "gi"))].map(({ index }) => ({
    where: `${file}:${text.slice(0, index).split("\n").length}`,
    before: text.slice(Math.max(0, index - 60), index),
    sql: text.slice(index).split("new MeshStatement(")[0] ?? "",
  }));
}

describe("SQL", () => {
  const inserts = files.flatMap(insertsOf);

  it("I8: names its columns in every INSERT", () => {
    expect(inserts.length).toBeGreaterThan(40);
    expect(inserts.filter(({ columns }) => columns === null).map(({ where }) => where)).toEqual([]);
  });

  it("I8: inserts into the registry columns that are there, and all that need a value", () => {
    const ofRegistry = inserts.filter(({ table }) => registry.has(table));
    const wrong = ofRegistry.flatMap(({ where, table, columns }) => {
      const { all = [], needed = [] } = registry.get(table) ?? {};
      const unknown = (columns ?? []).filter((name) => !all.includes(name));
      const missing = needed.filter((name) => !columns?.includes(name));
      return [
        ...unknown.map((name) => `${where}: no ${name}`),
        ...missing.map((name) => `${where}: needs ${name}`),
      ];
    });
    expect(ofRegistry.length).toBeGreaterThan(15);
    expect(wrong).toEqual([]);
  });

  it("I8: has the types of the registry's rows from its tables", () => {
    const written = files.filter(
      (file) =>
        (file.startsWith("workers/") || file.startsWith("shared/registry/")) &&
        /^(export )?(interface \w*Row\b|type \w*Row = \{\n)/m.test(readFileSync(file, "utf8")),
    );
    expect(written).toEqual([]);
  });

  it("I8: changes what nodes apply by meshChange alone, which raises the revision", () => {
    const writes = files.flatMap(meshWritesOf);
    const isChange = ({ where, before }: (typeof writes)[number]) =>
      where.startsWith("shared/registry/") && /new MeshStatement\(\s*["`]$/.test(before);
    const wrong = writes.filter(
      (write) => !isChange(write) && !NO_CHANGE.some((sql) => write.sql.startsWith(sql)),
    );
    expect(writes.length).toBeGreaterThan(10);
    expect(wrong.map(({ where }) => where)).toEqual([]);
    const tables =
      /\.(insert|update|delete)\((nodes|nodeRoutes|meshRules|departures|rootDocuments|meshState)\)/;
    expect(files.filter((file) => tables.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  it("I8: stamps each node that it changes with the revision", () => {
    const stamped = /^(UPDATE|INSERT INTO) (nodes|address_holds)\b/;
    const writes = files.flatMap(meshWritesOf).filter(({ sql }) => stamped.test(sql));
    expect(writes.length).toBeGreaterThanOrEqual(4);
    expect(writes.filter(({ sql }) => !/\{REVISION\}/.test(sql)).map(({ where }) => where)).toEqual([]);
  });

  it("I8: of such a change runs by itself nowhere", () => {
    expectTypeOf<MeshStatement>().not.toExtend<Statement>();
    const db = {
      prepare: (sql: string) => ({ bind: (...values: unknown[]) => ({ run: [sql, ...values] }) }),
    };
    const change = (name: string) => new MeshStatement("UPDATE nodes SET name = ?", name);
    const other = { run: ["SELECT 1"] as unknown[] };
    expect(meshChange<{ run: unknown[] }>(db, [other, ["SELECT ?", 2]]).map(({ run }) => run)).toEqual([
      ["SELECT 1"],
      ["SELECT ?", 2],
    ]);
    expect(
      meshChange<{ run: unknown[] }>(db, [other, change("a"), change("b")]).map(({ run }) => run),
    ).toEqual([
      ["SELECT 1"],
      ["UPDATE mesh_state SET revision = revision + 1"],
      ["UPDATE nodes SET name = ?", "a"],
      ["UPDATE nodes SET name = ?", "b"],
    ]);
  });
});
