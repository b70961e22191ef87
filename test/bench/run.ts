import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { type BenchResult, round } from "./support/result.ts";

interface Bench {
  readonly default: () => Promise<BenchResult>;
  /** What this machine lacks for it, or null. */
  readonly whyNot?: () => string | null;
}

/** @returns Null where the machine lacks something, which is said. */
async function runOne(name: string) {
  const bench = (await import(`./${name}.ts`)) as Bench;
  const lack = bench.whyNot?.() ?? null;
  if (lack !== null) {
    process.stderr.write(`${name} was not measured: it ${lack}\n`);
    return null;
  }
  const { metrics, goals } = await bench.default();
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  const rounded = Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, round(value)]));
  return { bench: name, date: new Date().toISOString(), machine, metrics: rounded, goals };
}

/** `npm run bench -- NAME [--json]`, or without a name all of them as a table. */
async function main(args: readonly string[]): Promise<void> {
  const available = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && file !== "run.ts")
    .map((file) => file.slice(0, -3));
  const name = args.find((arg) => !arg.startsWith("-"));
  if (name !== undefined && !available.includes(name)) {
    process.stderr.write(`There is no benchmark ${name}. There are: ${available.join(", ")}\n`);
    process.exit(2);
  }
  for (const bench of name ? [name] : available) {
    const result = await runOne(bench);
    if (result === null) process.exitCode = 1;
    else if (args.includes("--json")) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      process.stdout.write(`\n${bench}\n`);
      console.table(result.metrics);
      console.table(Object.fromEntries(result.goals.map(({ name, ...goal }) => [name, goal])));
    }
  }
  process.exit();
}

if (import.meta.main) await main(process.argv.slice(2));
