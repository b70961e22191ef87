import { globSync, readFileSync } from "node:fs";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import * as meshSchema from "../../shared/registry/mesh-schema.ts";
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
  Object.values({ ...schema, ...meshSchema }).map((table) => {
    const { name, columns } = getTableConfig(table);
    const all = columns.map((column) => column.name);
    const needed = columns.filter((column) => column.notNull && !column.hasDefault).map(({ name }) => name);
    return [name, { all, needed }] as const;
  }),
);

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
});
