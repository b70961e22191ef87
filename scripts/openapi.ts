import { readFile, writeFile } from "node:fs/promises";
import { openApiDocument } from "../shared/protocol/openapi.ts";

/** Writes docs/openapi.json from the catalogue of endpoints; with `--check`, fails when it is out of date. */
const file = new URL("../docs/openapi.json", import.meta.url);
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (!process.argv.includes("--check")) {
  await writeFile(file, text);
} else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
  console.error("docs/openapi.json does not match shared/protocol: run `npm run openapi` and commit it.");
  process.exitCode = 1;
}
