import { spawnSync } from "node:child_process";

/**
 * Takes a picture of every page by the browser tests: `npm run screenshots`, or `-- FOLDER`. Those that the README and the
 * guides show are copied from there into `docs/images` by hand.
 */
const folder = process.argv[2] ?? "dist/screenshots";
spawnSync("npm", ["run", "-s", "build:dashboard"], { stdio: "inherit" });
const { status } = spawnSync("vitest", ["run", "--project", "e2e", "test/e2e/browser/dashboard.test.ts"], {
  stdio: "inherit",
  env: { ...process.env, SCREENSHOTS: folder },
});
process.exit(status ?? 1);
