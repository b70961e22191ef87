import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PROBE_PORT } from "../../../../shared/paths/probe.ts";
import type { Probe } from "./probe.ts";

/**
 * Three network namespaces in a row: `peer` ═ `us` ─ `lan`. The interface to the peer is called `wg0` but is a plain
 * Ethernet pair, so that the filter alone decides what passes, as if WireGuard had admitted every source address.
 */

export type Place = "peer" | "us" | "lan";

export const PORTS = [53, 80, 443, 8050];
/** The port of probes is answered by the node under test alone: those who ask need it themselves. */
const portsOf = (place: Place): readonly number[] => (place === "us" ? [...PORTS, PROBE_PORT] : PORTS);

const prefix = `rn${process.pid}`;
const nameOf = (place: Place): string => `${prefix}-${place}`;

const SETUP: readonly string[] = [
  "ip netns add @peer",
  "ip netns add @us",
  "ip netns add @lan",
  "ip -n @us link add wg0 address 02:00:00:00:00:01 type veth peer name wg0 address 02:00:00:00:00:02 netns @peer",
  "ip -n @us link add lan0 type veth peer name lan0 netns @lan",
  ...["@peer", "@us", "@lan"].map((place) => `ip -n ${place} link set lo up`),
  ...["@peer", "@us"].map((place) => `ip -n ${place} link set wg0 up`),
  ...["@us", "@lan"].map((place) => `ip -n ${place} link set lan0 up`),
  "ip -n @us addr add 100.64.0.1/10 dev wg0",
  "ip -n @us addr add fd00::1/48 dev wg0 nodad",
  "ip -n @us addr add 10.9.0.1/16 dev lan0",
  ...[2, 3, 4].flatMap((host) => [
    `ip -n @peer addr add 100.64.0.${host}/10 dev wg0`,
    `ip -n @peer addr add fd00::${host}/48 dev wg0 nodad`,
    // The filter leaves no neighbour discovery through: WireGuard needs none.
    `ip -n @us neigh add fd00::${host} lladdr 02:00:00:00:00:02 dev wg0`,
  ]),
  "ip -n @peer neigh add fd00::1 lladdr 02:00:00:00:00:01 dev wg0",
  "ip -n @peer addr add 10.1.0.1/32 dev lo",
  "ip -n @us route add 10.1.0.0/16 via 100.64.0.2",
  "ip -n @peer route add default via 100.64.0.1",
  ...["10.9.0.2/16", "10.10.0.2/32", "203.0.113.2/32"].map(
    (address) => `ip -n @lan addr add ${address} dev lan0`,
  ),
  "ip -n @lan route add default via 10.9.0.1",
  "ip -n @lan route add blackhole 100.64.0.4/32",
  "ip -n @us route add 10.10.0.0/16 via 10.9.0.2",
  "ip -n @us route add default via 10.9.0.2",
  "ip netns exec @us sysctl -qw net.ipv4.ip_forward=1",
];

const withNames = (command: string): string[] =>
  command.split(" ").map((word) => word.replace(/^@/, `${prefix}-`));

export class Namespaces {
  readonly #probes = new Map<Place, { readonly process: ChildProcess; readonly lines: Interface }>();

  constructor() {
    for (const command of SETUP) {
      const [program = "", ...args] = withNames(command);
      execFileSync(program, args);
    }
    for (const place of ["peer", "us", "lan"] as const) {
      const script = fileURLToPath(new URL("probe.ts", import.meta.url));
      const child = spawn(
        "ip",
        ["netns", "exec", nameOf(place), process.execPath, script, ...portsOf(place).map(String)],
        { stdio: ["pipe", "pipe", "inherit"] },
      );
      this.#probes.set(place, { process: child, lines: createInterface({ input: child.stdout }) });
    }
  }

  loadFilter(ruleset: string): void {
    execFileSync("ip", ["netns", "exec", nameOf("us"), "nft", "-f", "-"], { input: ruleset });
  }

  /** `nft -j list ruleset` of the node under test. */
  ruleset(): string {
    return execFileSync("ip", ["netns", "exec", nameOf("us"), "nft", "-j", "list", "ruleset"], {
      encoding: "utf8",
    });
  }

  /** Whether an echo request is answered. */
  ping(place: Place, from: string, to: string): boolean {
    const args = ["netns", "exec", nameOf(place), "ping", "-c", "1", "-W", "1", "-I", from, to];
    return spawnSync("ip", args, { stdio: "ignore" }).status === 0;
  }

  /** Which of the probes come through. */
  async attempt(place: Place, probes: readonly Probe[]): Promise<boolean[]> {
    const probe = this.#probes.get(place);
    if (!probe) throw new Error(`no probe in ${place}`);
    const answer = once(probe.lines, "line");
    probe.process.stdin?.write(`${JSON.stringify(probes)}\n`);
    const [line] = await answer;
    return JSON.parse(line) as boolean[];
  }

  async close(): Promise<void> {
    for (const { process: child } of this.#probes.values()) {
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
    }
    for (const place of ["peer", "us", "lan"] as const)
      execFileSync("ip", ["netns", "delete", nameOf(place)]);
  }
}
