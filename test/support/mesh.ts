import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "../../agent/status.ts";
import { buildAgent } from "../../scripts/build-agent.ts";
import { type Gate, openGate } from "./gate.ts";
import { type System, startSystem } from "./harness.ts";
import { createLab, type Lab, type Machine } from "./namespaces.ts";
import { initTrust } from "./trust.ts";

/** The whole mesh of a test: the hub in workerd, machines, and the real agent on each of them. */
export interface Mesh {
  readonly system: System;
  readonly lab: Lab;
  readonly gate: Gate;
  /** A reusable key that needs no approval, for a segment. */
  enrolmentKey(segment: string, tags?: readonly string[]): Promise<string>;
  agent(index: number, key: string, ...options: string[]): TestAgent;
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
    agent: (index, key, ...options) => {
      const machine = lab.machines[index];
      if (!machine) throw new Error(`there is no machine ${index}`);
      const agent = new TestAgent(
        machine,
        bundle,
        system.hubOrigin,
        `rn${subnet}x${index + 1}`,
        key,
        options,
      );
      agents.push(agent);
      return agent;
    },
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
  /** All that it ever said. */
  log = "";
  readonly #bundle: string;
  readonly #hub: string;
  readonly #key: string;
  readonly #options: readonly string[];
  #process: ChildProcess | null = null;

  constructor(
    machine: Machine,
    bundle: string,
    hub: string,
    interfaceName: string,
    key: string,
    options: readonly string[],
  ) {
    this.machine = machine;
    this.interfaceName = interfaceName;
    this.#bundle = bundle;
    this.#hub = hub;
    this.#key = key;
    this.#options = options;
  }

  start(): void {
    const [command, ...words] = this.machine.enter(
      process.execPath,
      this.#bundle,
      "up",
      ...["--hub", this.#hub, "--interface", this.interfaceName, "--state-dir", this.stateDirectory],
      ...["--hostname", this.machine.name, ...this.#options],
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

  /** Something else that runs on the machine, until the machine goes. */
  spawn(...words: [string, ...string[]]): void {
    const [command, ...args] = this.machine.enter(...words);
    spawn(command, args, { stdio: "ignore" });
  }

  /** Of the agent itself, as its lock says. */
  get pid(): number {
    return Number.parseInt(readFileSync(join(this.stateDirectory, "agent.lock"), "utf8"), 10);
  }

  command(...words: string[]) {
    return this.machine.run(process.execPath, this.#bundle, ...words, "--state-dir", this.stateDirectory);
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
    rmSync(this.stateDirectory, { recursive: true, force: true });
  }
}

/** Asks again until it holds. */
export async function until(what: string, holds: () => unknown, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
