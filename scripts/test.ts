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

/** What the browser tests and those of the mesh need, by the program that shows it and the package that brings it. */
const TOOLS: Readonly<Record<string, string>> = {
  chromium: "chromium",
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
  nft: "nftables",
  ip: "iproute2",
  ping: "iputils-ping",
  iperf3: "iperf3",
};

installTools();
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
  // The bundle was built and checked a moment ago: no test file needs to build it again.
  const env = { ...process.env, RUSTRONAUT_BUILT: "1" };
  const { status } = spawnSync("vitest", args, { stdio: "inherit", env });
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

/** Installed where this may be done; else the suites that need them report themselves as skipped. */
function installTools(): void {
  const missing = Object.keys(TOOLS).filter((tool) => spawnSync("which", [tool]).status !== 0);
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (missing.length === 0 || !canInstall) return;
  const packages = missing.map((tool) => TOOLS[tool] ?? tool);
  process.stdout.write(`── Installing what some tests need: ${packages.join(", ")}\n`);
  const quiet = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
  try {
    execFileSync("apt-get", ["update", "-qq"], quiet);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet);
  } catch {
    process.stdout.write("   It could not be installed: the tests that need it will be skipped.\n");
  }
}
