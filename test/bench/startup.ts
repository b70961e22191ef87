import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildWorker } from "../../scripts/build-worker.ts";
import { cliCpu } from "./support/cli-cpu.ts";
import { atMost, type BenchResult, median } from "./support/result.ts";

const ROUNDS = 15;

/**
 * CPU that the Worker's top level takes at start. Node evaluates the same bundle, with the two platform modules
 * replaced by empty ones; the CPU of an empty module is taken off. And the CPU that commands of the command line take.
 */
export default async function startup(): Promise<BenchResult> {
  await buildWorker();
  execFileSync(process.execPath, ["scripts/build-cli.js"], { stdio: "inherit" });
  const entry = resolve("dist/worker/index.js");
  const loaded: number[] = [];
  const empty: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    loaded.push(cpuOf(entry));
    empty.push(cpuOf(null));
  }
  const bytes = readdirSync("dist/worker", { recursive: true, encoding: "utf8" })
    .map((file) => statSync(join("dist/worker", file)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  const cpu = median(loaded) - median(empty);
  const cli = await cliCpu();
  return {
    metrics: { startup_cpu_ms: cpu, bundle_bytes: bytes, ...cli },
    goals: [
      atMost("start-up CPU", cpu, "ms", 50),
      ...["version", "help", "list"].map((command) =>
        atMost(`CPU of ${command}`, cli[`cli_${command}_cpu_ms`] ?? Number.NaN, "ms", 300),
      ),
    ],
  };
}

/** Milliseconds of user and system CPU of importing a module in a process of its own. */
function cpuOf(entry: string | null): number {
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      return name.startsWith("cloudflare:")
        ? { url: "data:text/javascript,export class DurableObject {} export class WorkerEntrypoint {} export const env = {}", shortCircuit: true }
        : next(name, context);
    } });
    const before = process.cpuUsage();
    ${entry ? `await import(${JSON.stringify(pathToFileURL(entry).href)});` : ""}
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
