import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** Imports only run downwards. The linter refuses most wrong arrows while typing; this sees them all. */

const AREAS: Readonly<Record<string, readonly string[]>> = {
  shared: ["shared"],
  // The WASM of the policy parser is imported by its place.
  "durable-objects": ["durable-objects", "shared", "node_modules"],
  workers: ["workers", "shared", "docs", "node_modules"],
  agent: ["agent", "shared"],
  cli: ["cli", "shared"],
  dashboard: ["dashboard", "shared"],
};
/** The Worker's entry exports the objects' classes; everywhere else in `workers/` only their types are known. */
const ENTRY = "workers/index.ts";
const MAX_LINES = 500;

const files = Object.keys(AREAS).flatMap((area) => globSync(`${area}/**/*.{ts,tsx}`));

function importsOf(file: string): { path: string; isType: boolean }[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^(import|export)( type)?[^;]*?from "(\.[^"]+)"/gms)].map(
    ([, , type, path = ""]) => ({
      path: relative(".", join(dirname(file), path)),
      isType: type !== undefined,
    }),
  );
}

describe("the direction of imports", () => {
  it("is downwards in every file", () => {
    const wrong = files.flatMap((file) => {
      const allowed = AREAS[file.split("/")[0] ?? ""] ?? [];
      return importsOf(file)
        .filter(({ path, isType }) => {
          const target = path.split("/")[0] ?? "";
          const isObjectType =
            file.startsWith("workers/") && target === "durable-objects" && (isType || file === ENTRY);
          return !allowed.includes(target) && !isObjectType;
        })
        .map(({ path }) => `${file} imports ${path}`);
    });
    expect(files.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it("the storage document names every table", () => {
    const text = readFileSync("docs/storage-schema.md", "utf8");
    const tables = files.flatMap((file) =>
      [
        ...readFileSync(file, "utf8").matchAll(
          /CREATE TABLE (?:IF NOT EXISTS )?(\w+)|sqliteTable\(\s*"(\w+)"/g,
        ),
      ].map(([, inObject, inRegistry]) => inObject ?? inRegistry),
    );
    expect(tables.length).toBeGreaterThan(40);
    expect(tables.filter((table) => !text.includes(`\`${table}\``))).toEqual([]);
  });

  it("I8: what goes wrong is logged by the one logger, and is said with its cause", () => {
    const own = ["shared/base/errors/cause.ts", "workers/platform/log.ts", "durable-objects/log.ts"];
    const console = /\bconsole\.\w+\(/;
    const flat = /\bString\((error|err|e|cause|reason|thrown)\)|\$\{(error|err|thrown)\}/;
    const wrong = files.filter((file) => {
      const text = readFileSync(file, "utf8");
      const isServer = file.startsWith("workers/") || file.startsWith("durable-objects/");
      return !own.includes(file) && ((isServer && console.test(text)) || flat.test(text));
    });
    expect(wrong).toEqual([]);
  });

  it(`no file has more than ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > MAX_LINES);
    expect(long).toEqual([]);
  });
});
