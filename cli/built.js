// Plain JavaScript, for the same reason as bin.js.
import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = ["cli", "shared"];
const PACKAGES = "package-lock.json";
const BUILD = "scripts/build-cli.js";

/**
 * Where the command line is as one file. Its name says which sources it was built of, and by which script: paths, sizes and
 * times of change. So what was built of others is never run.
 */
export function builtPath() {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const facts = [root + PACKAGES, root + BUILD, ...files.sort()].map((path) => {
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
    return [path.slice(root.length), size, mtimeMs];
  });
  const digest = createHash("sha256").update(JSON.stringify(facts)).digest("hex");
  return `${root}dist/cli/${digest.slice(0, 32)}.js`;
}
