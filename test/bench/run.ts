import { readdirSync } from "node:fs";
import { cpus } from "node:os";

/** What a benchmark measured, and how it stands against what it should reach. */
export interface BenchResult {
  readonly metrics: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly met: boolean;
}

export const atLeast = (name: string, value: number, unit: string, bound: number): Goal => ({
  name,
  value: round(value),
  unit,
  goal: `>= ${bound}`,
  met: value >= bound,
});

export const atMost = (name: string, value: number, unit: string, bound: number): Goal => ({
  name,
  value: round(value),
  unit,
  goal: `<= ${bound}`,
  met: value <= bound,
});

/** The value below which the share `p` (0 to 1) of the samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

function round(value: number): number {
  return Number(value.toPrecision(4));
}

async function runOne(name: string) {
  const module = (await import(`./${name}.ts`)) as { default: () => Promise<BenchResult> };
  const { metrics, goals } = await module.default();
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
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      process.stdout.write(`\n${bench}\n`);
      console.table(result.metrics);
      console.table(Object.fromEntries(result.goals.map(({ name, ...goal }) => [name, goal])));
    }
  }
  process.exit(0);
}

if (import.meta.main) await main(process.argv.slice(2));
