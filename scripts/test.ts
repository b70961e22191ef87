import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Everything that CI runs, in the order in which a failure is cheapest to learn. */

const steps: readonly (readonly [title: string, command: string, ...args: string[]])[] = [
  ["Lint and format", "biome", "check", "."],
  ["Types", "npm", "run", "-s", "typecheck"],
  ["API document", "node", "scripts/openapi.ts", "--check"],
  ["Dashboard", "npm", "run", "-s", "build:dashboard"],
  ["Bundle", "node", "scripts/check-bundle.ts"],
];

installChromium();
for (const [title, command, ...args] of steps) {
  process.stdout.write(`\n── ${title}\n`);
  run(command, args);
}
process.stdout.write("\n── Tests\n");
runTests();

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** Ends with one plain line that sums all projects. */
function runTests(): void {
  const report = join(mkdtempSync(join(tmpdir(), "rustronaut-test-")), "report.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync("vitest", args, { stdio: "inherit" });
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    process.stdout.write(
      `\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped\n`,
    );
  }
  process.exit(status ?? 1);
}

/** The browser tests need Chromium: installed where this may be done, else they report themselves as skipped. */
function installChromium(): void {
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (existsSync("/usr/bin/chromium") || !canInstall) return;
  process.stdout.write("── Installing Chromium for the browser tests\n");
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: "ignore" });
  } catch {
    process.stdout.write("   Chromium could not be installed: the browser tests will be skipped.\n");
  }
}
