import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readReport, type Summary } from "./test/report.ts";
import { installTools } from "./test/tools.ts";

/**
 * Everything that CI runs. First come the cheap checks, in two parallel chains. Then all tests run from one
 * queue. docs/contributing.md explains how the tests are organized and what they cost.
 */

type Step = readonly [title: string, command: string, ...args: string[]];

const CHAINS: readonly (readonly Step[])[] = [
  [["Types", "npm", "run", "-s", "typecheck"]],
  [
    ["Lint and format", "biome", "check", "."],
    ["Bindings", "node", "scripts/bindings.ts", "--check"],
    ["API document", "node", "scripts/openapi.ts", "--check"],
    ["API rules", "npm", "run", "-s", "lint:api"],
    ["Worker and dashboard", "node", "scripts/check-bundle.ts"],
  ],
];
const SLOWEST = 12;

const began = Date.now();
const times: (readonly [title: string, seconds: number])[] = [];

await timed("Tools", async () => installTools());
await Promise.all(CHAINS.map(runChain));
const seed = process.env.RUSTRONAUT_SEED ?? String(randomInt(2 ** 31));
process.stdout.write(`\n── Tests (RUSTRONAUT_SEED=${seed} draws the same again)\n`);
const { status, summary } = await timed("Tests", runTests);
if (summary) printSummary(summary);
process.exit(status);

async function runChain(steps: readonly Step[]): Promise<void> {
  for (const [title, command, ...args] of steps) {
    const { status, output } = await timed(title, () => run(command, args, "pipe"));
    process.stdout.write(`\n── ${title}\n${output}`);
    if (status !== 0) process.exit(status);
  }
}

async function runTests(): Promise<{ status: number; summary: Summary | null }> {
  const report = join(mkdtempSync(join(tmpdir(), "rustronaut-test-")), "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  // The Worker and the dashboard were already built by an earlier step.
  const env = { ...process.env, RUSTRONAUT_BUILT: "1", RUSTRONAUT_SEED: seed };
  const { status } = await run("vitest", ["run", ...reporters, ...process.argv.slice(2)], "inherit", env);
  const summary = readReport(report);
  const isSilent = process.env.CI && summary && summary.unexplained.length > 0;
  return { status: isSilent ? status || 1 : status, summary };
}

/** Prints one last plain line with the sums of all projects. */
function printSummary({ passed, failed, skipped, unexplained, files }: Summary): void {
  const rows = (of: readonly (readonly [string, number])[]) =>
    of.map(([what, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${what}\n`).join("");
  process.stdout.write(`\n── The ${SLOWEST} slowest files\n${rows(files.slice(0, SLOWEST))}`);
  process.stdout.write(`\n── Time\n${rows([...times, ["total", (Date.now() - began) / 1_000]])}`);
  if (unexplained.length > 0)
    process.stdout.write(
      `\n── Skipped without a reason${process.env.CI ? ", which CI does not take" : ""}\n`,
    );
  for (const test of unexplained) process.stdout.write(`   ${test}\n`);
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

async function timed<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const result = await work();
  times.push([title, (Date.now() - start) / 1_000]);
  return result;
}

function run(
  command: string,
  args: readonly string[],
  output: "pipe" | "inherit",
  env = process.env,
): Promise<{ status: number; output: string }> {
  const child = spawn(command, args, { stdio: ["ignore", output, output], env });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
