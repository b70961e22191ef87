import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "../../agent/core/status.ts";
import { buildAgent } from "../../scripts/build-agent.ts";
import { type Gate, openGate } from "../../scripts/local/gate.ts";
import { createLab, type Lab, type Machine } from "../../scripts/local/namespaces.ts";
import { type System, startSystem } from "./harness.ts";
import { initTrust } from "./trust.ts";

/** The whole mesh of a test: the hub in workerd, machines, and the real agent on each of them. */
export interface Mesh {
  readonly system: System;
  readonly lab: Lab;
  readonly gate: Gate;
  /** A reusable key that needs no approval, for a segment. */
  enrolmentKey(segment: string, tags?: readonly string[]): Promise<string>;
  agent(index: number, key: string, ...options: string[]): TestAgent;
  /** @param program The words that run the agent, where it is not the bundle. */
  agentOf(
    program: readonly [string, ...string[]],
    index: number,
    key: string,
    ...options: string[]
  ): TestAgent;
  remove(): Promise<void>;
}

export async function startMesh(machines: number, subnet: number, segments = ["main"]): Promise<Mesh> {
  const [system, bundle] = [
    await startSystem({ withoutDashboard: true }),
    await buildAgent(mkdtempSync(join(tmpdir(), "rustronaut-bundle-"))),
  ];
  const lab = createLab(machines, ["hub.localhost"], subnet);
  const gate = await openGate(lab.gateway, system.port);
  const agents: TestAgent[] = [];
  await initTrust(system.admin);
  for (const name of segments) {
    if (name !== "main") await system.admin.call("segments.create", { body: { name } });
  }
  const agentOf: Mesh["agentOf"] = (program, index, key, ...options) => {
    const machine = lab.machines[index];
    if (!machine) throw new Error(`there is no machine ${index}`);
    const interfaceName = `rn${subnet}x${index + 1}`;
    const agent = new TestAgent(machine, program, system.hubOrigin, interfaceName, key, options);
    agents.push(agent);
    return agent;
  };
  return {
    system,
    lab,
    gate,
    enrolmentKey: async (segment, tags = []) => {
      const { data } = await system.admin.call("enrolmentKeys.create", {
        body: { name: `key of ${segment}`, segment, tags: [...tags], maxUses: 100, preApproved: true },
      });
      return data.secret;
    },
    agent: (index, key, ...options) => agentOf([process.execPath, bundle], index, key, ...options),
    agentOf,
    remove: async () => {
      for (const agent of agents) await agent.remove();
      await gate.shut();
      lab.remove();
      await system.stop();
    },
  };
}

/** The real agent on one machine, run as its user runs it. */
export class TestAgent {
  readonly machine: Machine;
  /** Each has its own interface: user-space WireGuard has one directory of sockets for all machines here. */
  readonly interfaceName: string;
  readonly stateDirectory = mkdtempSync(join(tmpdir(), "rustronaut-node-"));
  /** Comes first in the agent's PATH: where a test puts tools that fail. */
  readonly tools = mkdtempSync(join(tmpdir(), "rustronaut-tools-"));
  /** All that it ever said. */
  log = "";
  readonly #program: readonly [string, ...string[]];
  readonly #hub: string;
  readonly #key: string;
  readonly #options: readonly string[];
  #process: ChildProcess | null = null;

  constructor(
    machine: Machine,
    program: readonly [string, ...string[]],
    hub: string,
    interfaceName: string,
    key: string,
    options: readonly string[],
  ) {
    this.machine = machine;
    this.interfaceName = interfaceName;
    this.#program = program;
    this.#hub = hub;
    this.#key = key;
    this.#options = options;
  }

  start(...more: string[]): void {
    const [command, ...words] = this.machine.enter(
      // Not by the environment of `ip`, which may be one of those tools.
      ...(["env", `PATH=${this.tools}:${process.env.PATH}`] as const),
      ...this.#program,
      "up",
      ...["--hub", this.#hub, "--interface", this.interfaceName, "--state-dir", this.stateDirectory],
      ...["--hostname", this.machine.name, ...this.#options, ...more],
    );
    const started = spawn(command, words, {
      env: { ...process.env, RUSTRONAUT_KEY: this.#key },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    }
    this.#process = started;
  }

  /** Puts a shell script in the place of a tool; `$real` in it is the tool. */
  replaceTool(tool: string, script: string): void {
    const real = spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim();
    writeFileSync(join(this.tools, tool), `#!/bin/sh\nreal=${real}\n${script}\n`, { mode: 0o755 });
  }

  /** Whether the process that was started is there. */
  get isRunning(): boolean {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What ended the process that was started, or null. */
  get endedBy(): NodeJS.Signals | number | null {
    return this.#process && (this.#process.signalCode ?? this.#process.exitCode);
  }

  /** Something else that runs on the machine, until the machine goes. */
  spawn(...words: [string, ...string[]]): void {
    const [command, ...args] = this.machine.enter(...words);
    spawn(command, args, { stdio: "ignore" });
  }

  /** Something else that runs on the machine and prints lines, until it is killed. */
  listen(onLine: (line: string) => void, ...words: [string, ...string[]]): ChildProcess {
    const [command, ...args] = this.machine.enter(...words);
    const running = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    running.stdout.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n")) if (line !== "") onLine(line);
    });
    return running;
  }

  /** What a command prints that runs on the machine while others do. */
  output(...words: [string, ...string[]]): Promise<string> {
    const [command, ...args] = this.machine.enter(...words);
    const running = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    running.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    return new Promise((resolve) => running.on("close", () => resolve(text)));
  }

  /** Of the agent itself, as its lock says. */
  get pid(): number {
    return Number.parseInt(readFileSync(join(this.stateDirectory, "agent.lock"), "utf8"), 10);
  }

  command(...words: string[]) {
    return this.machine.run(...this.#program, ...words, "--state-dir", this.stateDirectory);
  }

  /** Null while it does not run. */
  status(): Status | null {
    const { stdout } = this.command("status", "--json");
    return stdout.startsWith("{") && stdout.includes('"standing"') ? (JSON.parse(stdout) as Status) : null;
  }

  get address(): string {
    return this.status()?.addresses[0] ?? "";
  }

  end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      running.once("exit", () => resolve());
      running.kill(signal);
    });
  }

  async remove(): Promise<void> {
    await this.end();
    this.command("down");
    for (const directory of [this.stateDirectory, this.tools])
      rmSync(directory, { recursive: true, force: true });
  }
}

/** Asks again until it holds. */
export async function until(what: string, holds: () => unknown, seconds = 60, pauseMs = 200): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
