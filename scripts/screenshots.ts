import { spawnSync } from "node:child_process";

/** Makes the pictures in `docs/images` again from the browser tests, so that they show the current pages. */
spawnSync("npm", ["run", "-s", "build:dashboard"], { stdio: "inherit" });
const { status } = spawnSync("vitest", ["run", "--project", "e2e", "test/e2e/browser/dashboard.test.ts"], {
  stdio: "inherit",
  env: { ...process.env, SCREENSHOTS: "1" },
});
process.exit(status ?? 1);
