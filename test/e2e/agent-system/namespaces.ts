import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { TOOL_PATH } from "../../../agent/system/exec.ts";

/** Machines made of network namespaces, for tests that really carry packets. */

const env = { ...process.env, PATH: TOOL_PATH, LC_ALL: "C" };

export interface Machine {
  readonly namespace: string;
  /** Address on the common network, `10.99.<n>.<m>`. */
  readonly address: string;
  readonly hostsFile: string;
  /** Runs a tool inside and gives its standard output. */
  readonly run: (...argv: string[]) => string;
  /** Exit code of a tool inside. */
  readonly code: (...argv: string[]) => number | null;
}

export interface Network {
  readonly machines: readonly Machine[];
  /** Lets no longer packet through to and from machine `at`, and tells nobody. */
  readonly narrow: (at: number, bytes: number) => void;
  readonly remove: () => Promise<void>;
}

/** Machines on one bridge, each with its own /etc/hosts. */
export async function buildNetwork(size: number): Promise<Network> {
  const id = randomBytes(3).toString("hex");
  const ip = (...args: string[]) => execFileSync("ip", args, { env, stdio: "pipe" });
  const bridge = `rnb${id}`;
  ip("netns", "add", bridge);
  ip("-n", bridge, "link", "add", "br0", "type", "bridge");
  ip("-n", bridge, "link", "set", "br0", "up");
  const machines: Machine[] = [];
  for (let at = 0; at < size; at++) {
    const namespace = `rnm${id}${at}`;
    const address = `10.99.0.${at + 1}`;
    await mkdir(`/etc/netns/${namespace}`, { recursive: true });
    await writeFile(`/etc/netns/${namespace}/hosts`, "127.0.0.1 localhost\n# kept\n");
    ip("netns", "add", namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", bridge, "link", "add", `p${at}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    ip("-n", bridge, "link", "set", `p${at}`, "master", "br0", "up");
    ip("-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
    ip("-n", namespace, "link", "set", "eth0", "up");
    const inside = ["netns", "exec", namespace];
    machines.push({
      namespace,
      address,
      hostsFile: `/etc/netns/${namespace}/hosts`,
      run: (...argv) => execFileSync("ip", [...inside, ...argv], { env, encoding: "utf8", stdio: "pipe" }),
      code: (...argv) => spawnSync("ip", [...inside, ...argv], { env }).status,
    });
  }
  return {
    machines,
    narrow: (at, bytes) => ip("-n", bridge, "link", "set", `p${at}`, "mtu", String(bytes)),
    remove: async () => {
      for (const namespace of [...machines.map((machine) => machine.namespace), bridge])
        spawnSync("ip", ["netns", "del", namespace], { env });
      for (const { namespace } of machines)
        await rm(`/etc/netns/${namespace}`, { recursive: true, force: true });
    },
  };
}
