// Plain JavaScript, for `npm install` runs it under any Node. It makes one file of the command line, which starts in a fifth of
// the time. Without it, cli/bin.js runs the sources: so nothing here may make an install fail.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtPath } from "../cli/built.js";

/** For the packages that are no ES modules: they load Node's own with `require`. */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

try {
  const built = builtPath();
  if (!existsSync(built)) await buildCli(built);
} catch (error) {
  const isLeftOut = error.code === "ERR_MODULE_NOT_FOUND";
  if (!isLeftOut)
    console.warn(`The command line will start slower: it could not be made one file (${error.message}).`);
}

async function buildCli(outfile) {
  const { build } = await import("esbuild");
  const folder = dirname(outfile);
  mkdirSync(folder, { recursive: true });
  const unfinished = `${outfile}.${process.pid}`;
  await build({
    absWorkingDir: fileURLToPath(new URL("../", import.meta.url)),
    entryPoints: ["cli/main.ts"],
    outfile: unfinished,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    banner: { js: REQUIRE },
    // Where a package has both, its ES modules: what UMD modules load with a `require` of their own is not found in one file.
    mainFields: ["module", "main"],
    // It looks for a file beside itself.
    external: ["@cedar-policy/cedar-wasm"],
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "silent",
  });
  const older = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== unfinished);
  renameSync(unfinished, outfile);
  for (const path of older) rmSync(path, { force: true });
}
