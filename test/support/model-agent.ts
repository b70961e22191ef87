import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NOTHING } from "../../agent/tunnel/tunnel.ts";

export interface ModelAgent {
  /** All that it said. */
  log(): string;
  end(): Promise<void>;
}

/** `rustronaut-agent up` as a process of its own, which needs no root: what is under its tunnel is a model. */
export function startModelAgent(hub: string, key: string, words: readonly string[]): ModelAgent {
  const directory = mkdtempSync(join(tmpdir(), "rustronaut-model-"));
  const machine = join(directory, "machine.json");
  writeFileSync(machine, JSON.stringify({ system: NOTHING, refuses: [], hangsAt: [] }));
  const worker = join(import.meta.dirname, "../e2e/agent/worker.ts");
  const own = ["--hub", hub, "--state-dir", join(directory, "state")];
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", worker, machine, "up", ...own, ...words],
    { env: { ...process.env, RUSTRONAUT_KEY: key }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    log: () => log,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
