import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm run test:soak`: some tests in `npm test` use only a few random cases. Here they use all cases, which
 * takes long.
 */

const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join("test", file))
  .filter((file) => readFileSync(file, "utf8").includes("support/sample.ts"));
const RUSTRONAUT_SEED = process.env.RUSTRONAUT_SEED ?? String(randomInt(2 ** 31));
process.stdout.write(`RUSTRONAUT_SEED=${RUSTRONAUT_SEED} repeats this run.\n`);
const { status } = spawnSync("vitest", ["run", ...files, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, RUSTRONAUT_SEED, RUSTRONAUT_SOAK: "1" },
});
process.exit(status ?? 1);
