import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * Lets wrangler build and pack the Worker as for a deployment, but without sending it. Fails if the Worker is
 * too large, or if the code that the gateway evaluates at start contains code that only a later, lazy path
 * may load.
 */

const MAX_GZIP_BYTES = 2_500_000;
const ASSETS = "dist/dashboard/assets";
/** The limit for the files that the browser loads for the first page of the dashboard. */
const MAX_FIRST_PAGE_GZIP_BYTES = 150_000;
const FORBIDDEN_AT_START = [
  /cedar_wasm/,
  /wasm_bindgen|__wbindgen/,
  /@tensorflow|tfjs/i,
  /ParseError.*xmldom|DOMParser/,
];

const { status, stderr, stdout } = spawnSync(
  "wrangler",
  ["deploy", "--dry-run", "--outdir", "dist/dry-run"],
  {
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  },
);
if (status !== 0) {
  process.stderr.write(`wrangler deploy --dry-run failed:\n${stdout}\n${stderr}\n`);
  process.exit(1);
}
const files = readdirSync("dist/worker", { recursive: true, encoding: "utf8" }).filter((file) =>
  statSync(join("dist/worker", file)).isFile(),
);
const gzipped = (path: string) => gzipSync(readFileSync(path)).length;
const gzipBytes = files.reduce((sum, file) => sum + gzipped(join("dist/worker", file)), 0);
const firstPageBytes = firstPage().reduce((sum, file) => sum + gzipped(join(ASSETS, file)), 0);
const problems: string[] = [];
if (firstPageBytes > MAX_FIRST_PAGE_GZIP_BYTES) {
  problems.push(
    `The dashboard's first page is ${firstPageBytes} bytes gzipped; at most ${MAX_FIRST_PAGE_GZIP_BYTES} are allowed.`,
  );
}
if (gzipBytes > MAX_GZIP_BYTES)
  problems.push(`The bundle is ${gzipBytes} bytes gzipped; at most ${MAX_GZIP_BYTES} are allowed.`);
for (const file of loadedAtStart("index.js")) {
  const text = readFileSync(join("dist/worker", file), "utf8");
  for (const name of FORBIDDEN_AT_START) {
    if (file !== "index.js" && name.test(file)) problems.push(`${file} is loaded at start.`);
    // A dynamic import contains the name of the lazy chunk. Any other match is code that must not be there.
    if (name.test(text.replaceAll(/import\("[^"]+"\)/g, "")))
      problems.push(`${file} is loaded at start and holds ${name}.`);
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(
  `${files.length} modules, ${(gzipBytes / 1024).toFixed(0)} KiB gzipped, ${loadedAtStart("index.js").length} loaded at start\n`,
);

/** The module and all its static imports, transitively. */
function loadedAtStart(entry: string, seen: string[] = []): string[] {
  if (seen.includes(entry)) return seen;
  seen.push(entry);
  const text = readFileSync(join("dist/worker", entry), "utf8");
  for (const [, path] of text.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g)) {
    loadedAtStart(join(entry, "..", path ?? ""), seen);
  }
  return seen;
}

/** The files of the dashboard's entry and of its overview, with all their static imports. */
function firstPage(): string[] {
  const html = readFileSync("dist/dashboard/index.html", "utf8");
  const open = [
    ...[...html.matchAll(/assets\/([\w.-]+)/g)].map(([, file]) => file ?? ""),
    ...readdirSync(ASSETS).filter((file) => file.startsWith("overview-")),
  ];
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(join(ASSETS, file), "utf8");
    open.push(
      ...[...text.matchAll(/(?:from|import)\s*["`]\.\/([\w.-]+\.js)["`]/g)].map(([, path]) => path ?? ""),
    );
  }
  return [...seen];
}
