import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

/**
 * Machines for trying: network namespaces on one bridge. Each has its own addresses and its own hosts file,
 * and nothing else.
 */
export interface Lab {
  /** The address of this process on the bridge. Every machine can reach it. */
  readonly gateway: string;
  readonly machines: readonly Machine[];
  remove(): void;
}

export interface Machine {
  readonly name: string;
  /** The machine's address on the bridge. Other machines reach its WireGuard port there. */
  readonly address: string;
  /** Runs a command until it ends. A status other than 0 is returned and not thrown. */
  run(command: string, ...args: string[]): SpawnSyncReturns<string>;
  /** The command and arguments that run a command inside this machine. */
  enter(command: string, ...args: string[]): [command: string, ...args: string[]];
}

const TOOLS = ["ip", "nft", "wg", "wireguard-go", "ping"];

/**
 * Why machines can't be made here, or null.
 *
 * @param more Tools that are needed besides those of the agent.
 */
export function whyNoLab(...more: readonly string[]): string | null {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const missing = [...TOOLS, ...more].filter((tool) => spawnSync("which", [tool]).status !== 0);
  return missing.length > 0 ? `needs ${missing.join(", ")}` : null;
}

/**
 * @param count The number of machines, at most 200.
 * @param hosts Names that every machine resolves to `gateway`.
 * @param subnet The second octet of the bridge's 10.x.0.0/16. Labs that run at the same time need different
 *   ones.
 * @param prefix The beginning of the machines' names. A number follows it.
 */
export function createLab(
  count: number,
  hosts: readonly string[],
  subnet: number,
  prefix = `rnlab${subnet}n`,
): Lab {
  const bridge = `rnlab${subnet}`;
  const gateway = `10.${subnet}.0.1`;
  removeLab(bridge, prefix);
  ip("link", "add", bridge, "type", "bridge");
  ip("addr", "add", `${gateway}/16`, "dev", bridge);
  ip("link", "set", bridge, "up");
  const machines = Array.from({ length: count }, (_, index) => {
    const name = `${prefix}${index + 1}`;
    const address = `10.${subnet}.1.${index + 1}`;
    const outside = `rl${subnet}v${index + 1}`;
    ip("netns", "add", name);
    ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("link", "set", outside, "master", bridge, "up");
    ip("-n", name, "addr", "add", `${address}/16`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "route", "add", "default", "via", gateway);
    mkdirSync(`/etc/netns/${name}`, { recursive: true });
    const lines = ["127.0.0.1 localhost", ...hosts.map((host) => `${gateway} ${host}`)];
    writeFileSync(`/etc/netns/${name}/hosts`, `${lines.join("\n")}\n`);
    return machine(name, address);
  });
  return { gateway, machines, remove: () => removeLab(bridge, prefix) };
}

function machine(name: string, address: string): Machine {
  const enter = (command: string, ...args: string[]): [string, ...string[]] => [
    "ip",
    "netns",
    "exec",
    name,
    command,
    ...args,
  ];
  return {
    name,
    address,
    enter,
    run: (command, ...args) => {
      const [program, ...rest] = enter(command, ...args);
      return spawnSync(program, rest, { encoding: "utf8", timeout: 60_000 });
    },
  };
}

/**
 * Ends all processes in the machines of the lab, and removes the machines. Also removes what a killed run
 * left behind.
 */
function removeLab(bridge: string, prefix: string): void {
  const names = execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  for (const name of names) {
    const pids = execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean);
    for (const pid of pids) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // The process has ended by itself in the meantime.
      }
    }
    ip("netns", "del", name);
    rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  }
  if (existsSync(`/sys/class/net/${bridge}`)) ip("link", "del", bridge);
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
