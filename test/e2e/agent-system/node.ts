import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TOOL_PATH } from "../../../agent/system/exec.ts";
import type { Applied } from "../../../agent/tunnel/apply.ts";
import { numbersOf } from "../../../agent/tunnel/numbers.ts";
import type { Observed, Tunnel } from "../../../agent/tunnel/tunnel.ts";
import { filterTable, marking } from "../../../shared/node/filter.ts";
import type { Machine } from "./namespaces.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** Lets in what comes from these peers. */
export const filterFor = (name: string, peers: readonly string[]) =>
  `add table ${filterTable(name)}
delete table ${filterTable(name)}
table ${filterTable(name)} {
${marking(51_820, numbersOf(name).mark).join("\n")}
  chain input { type filter hook input priority 0; policy accept;
    iifname != "${name}" accept
    ct state established,related accept
${peers.map((peer) => `    ip saddr ${peer} accept\n    ip6 saddr fd00:1::${peer.split(".")[3]} accept`).join("\n")}
    counter drop
  }
}`;

export const RELIED_ON = { isRequired: true, servesForwarded: true };

const keyPair = () => {
  const privateKey = execFileSync("wg", ["genkey"], { encoding: "utf8" }).trim();
  const publicKey = execFileSync("wg", ["pubkey"], { input: privateKey, encoding: "utf8" }).trim();
  return { privateKey, publicKey };
};

/** A machine of the lab with the agent's system layer, which runs as a process of its own (`worker.ts`). */
export class Node {
  readonly name = `rn${randomBytes(4).toString("hex")}`;
  readonly key = keyPair();
  readonly directory = mkdtempSync(join(tmpdir(), "rustronaut-system-"));
  readonly machine: Machine;
  readonly at: number;
  private jobs = 0;

  constructor(machine: Machine, at: number) {
    this.machine = machine;
    this.at = at;
  }

  get overlay(): string {
    return `100.64.0.${this.at}`;
  }

  tunnel(peers: readonly Node[], more: Partial<Tunnel> = {}): Tunnel {
    return {
      publicKey: this.key.publicKey,
      listenPort: 51820,
      mtu: 1280,
      addresses: [`${this.overlay}/32`, `fd00:1::${this.at}/128`],
      peers: peers.map((peer) => ({
        publicKey: peer.key.publicKey,
        allowedIps: [`${peer.overlay}/32`, `fd00:1::${peer.at}/128`],
        networks: [],
        endpoints: [`${peer.machine.address}:51820`],
        replaces: null,
      })),
      filter: filterFor(
        this.name,
        peers.map((peer) => peer.overlay),
      ),
      hosts: peers.map((peer) => ({ address: peer.overlay, names: [`n${peer.at}.corp.internal`] })),
      skewMs: 0,
      forwards: [],
      bypass: [],
      mark: numbersOf(this.name).mark,
      exit: null,
      ...more,
    };
  }

  get place() {
    return { interfaceName: this.name, stateDirectory: this.directory, hostsFile: this.machine.hostsFile };
  }

  private job(tunnels: readonly Tunnel[], known: Observed | null = null): string {
    const file = join(this.directory, `job-${this.jobs++}.json`);
    const keys = { [this.key.publicKey]: this.key.privateKey };
    writeFileSync(file, JSON.stringify({ place: this.place, keys, tunnels, known }));
    return file;
  }

  private worker(
    verb: string,
    tunnels: readonly Tunnel[],
    path = TOOL_PATH,
    known: Observed | null = null,
  ): string {
    const script = join(here, "worker.ts");
    return this.machine.run("env", `PATH=${path}`, process.execPath, script, verb, this.job(tunnels, known));
  }

  /** The steps that it took. */
  apply(tunnel: Tunnel): string[] {
    return this.change(tunnel, null).steps as string[];
  }

  /** Applies from what was seen before, whatever happened since. */
  change(tunnel: Tunnel, known: Observed | null): Applied {
    return JSON.parse(this.worker("apply", [tunnel], TOOL_PATH, known)) as Applied;
  }

  /** The codes of what the machine does without. */
  lacks(tunnel: Tunnel): string[] {
    return (JSON.parse(this.worker("apply", [tunnel])) as Applied).conditions.map(({ code }) => code);
  }

  /** Applies while a tool fails whenever its arguments hold `when`; gives what the agent says of it. */
  applyWithout(tool: string, when: string, tunnel: Tunnel): string {
    const real = execFileSync("which", [tool], { env: { PATH: TOOL_PATH }, encoding: "utf8" }).trim();
    const text = `#!/bin/sh\ncase "$*" in *"${when}"*) echo "Cannot allocate memory" >&2; exit 1;; esac\nexec ${real} "$@"\n`;
    writeFileSync(join(this.directory, tool), text, { mode: 0o755 });
    try {
      return this.worker("apply", [tunnel], `${this.directory}:${TOOL_PATH}`);
    } catch (error) {
      return String(error);
    } finally {
      rmSync(join(this.directory, tool));
    }
  }

  /** What is missing from `tunnel`. */
  check(tunnel: Tunnel): unknown[] {
    return JSON.parse(this.worker("check", [tunnel])) as unknown[];
  }

  /** The device as wireguard-go tells it, and as `wg` does. */
  device(): { asked: unknown; tool: unknown } {
    return JSON.parse(this.worker("device", [])) as { asked: unknown; tool: unknown };
  }

  down(): void {
    this.worker("down", []);
  }

  /** Applies one tunnel after the other, and is killed when `after` milliseconds have gone by. */
  async spinAndKill(tunnels: readonly Tunnel[], after: number): Promise<void> {
    const child = await this.started("spin", tunnels);
    await new Promise((resolve) => setTimeout(resolve, after));
    await killed(child);
  }

  /** Keeps `tunnel` as the agent does, but for its slow look, while `act` runs. */
  async whileKept(tunnel: Tunnel, act: () => Promise<void>): Promise<void> {
    const child = await this.started("keep", [tunnel]);
    try {
      await act();
    } finally {
      await killed(child);
    }
  }

  private async started(verb: string, tunnels: readonly Tunnel[]): Promise<ChildProcess> {
    // `ip netns exec` becomes the process itself.
    const args = ["netns", "exec", this.machine.namespace, process.execPath, join(here, "worker.ts")];
    const child = spawn("ip", [...args, verb, this.job(tunnels)], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    return child;
  }

  pings(other: Node): boolean {
    return this.machine.code("ping", "-c", "1", "-W", "3", other.overlay) === 0;
  }
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}
