import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildAgent } from "../build-agent.ts";

export interface PrivateAgentOptions {
  readonly hub: string;
  readonly enrolmentKey: string;
  /** The folder of the agent's state and program. */
  readonly folder: string;
  /** The name of its node. */
  readonly name: string;
  /** `HOST:PORT` of the private app. */
  readonly dial: string;
}

/**
 * Starts the real agent of the demo's private app, as its user would: without root, in a process of its own.
 * Null where no Node.js is new enough for it.
 */
export async function startPrivateAgent(options: PrivateAgentOptions): Promise<ChildProcess | null> {
  const node = fittingNode();
  if (node === null) return null;
  const program = await buildAgent(join(options.folder, "program"));
  const { hub, folder, name, dial } = options;
  const words = ["connect", "--hub", hub, "--hostname", name, "--dial", dial];
  const agent = spawn(node, ["--disable-warning=ExperimentalWarning", program, ...words], {
    env: {
      ...process.env,
      RUSTRONAUT_KEY: options.enrolmentKey,
      RUSTRONAUT_STATE_DIR: join(folder, "state"),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  agent.stderr?.on("data", (text: Buffer) => {
    if (/warning|refuse/i.test(text.toString())) process.stderr.write(`agent: ${text}`);
  });
  process.on("exit", () => agent.kill());
  return agent;
}

/** The Node.js that runs this, if it is new enough, or the one among the packages. */
function fittingNode(): string | null {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major >= 24 || (major === 22 && minor >= 23)) return process.execPath;
  const packaged = resolve(import.meta.dirname, `../../node_modules/node-linux-${process.arch}/bin/node`);
  return existsSync(packaged) ? packaged : null;
}
