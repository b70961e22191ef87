import { createSocket } from "node:dgram";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { TOOL_PATH } from "./exec.ts";
import { createLink, readLink, removeLink, TUN_DEVICE } from "./link.ts";

/** Checks what the agent needs of the machine, before the agent changes anything. */

const PACKAGES: Readonly<Record<string, string>> = { wg: "wireguard-tools", ip: "iproute2", nft: "nftables" };
const NET_ADMIN = 12n;
/**
 * A moment before this program was written. The clock of a machine without a battery shows an earlier time until it has
 * reached a time server.
 */
const EARLIEST = Date.UTC(2026, 0, 1);

/**
 * Demands a fitting version of Node.js. Older versions and version 23 negotiate no post-quantum key exchange in TLS.
 */
export function demandNode(version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major >= 24 || (major === 22 && minor >= 23)) return;
  throw new Failure(
    EXIT.machine,
    "node_too_old",
    `Node ${version} can't protect what the agent says to its hub from tomorrow's computers`,
    "Use Node 22.23 or 24 and newer, or the single executable, which brings its own.",
  );
}

export function demandRoot(): void {
  if (process.getuid?.() !== 0)
    throw new Failure(
      EXIT.machine,
      "not_root",
      "The agent must be root: it changes interfaces, routes and the packet filter",
      "Run it with sudo, or install the service with the hub's install.sh.",
    );
  if (!mayChangeNetwork())
    throw new Failure(
      EXIT.machine,
      "not_permitted",
      "The agent runs as root, but may not change the network",
      `A container needs --cap-add NET_ADMIN and --device ${TUN_DEVICE}.`,
    );
}

/** Whether the process has the capability CAP_NET_ADMIN. */
function mayChangeNetwork(): boolean {
  const [, capabilities = "0"] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return ((BigInt(`0x${capabilities}`) >> NET_ADMIN) & 1n) === 1n;
}

export function demandTools(): void {
  const missing = Object.keys(PACKAGES).filter((tool) => findTool(tool) === null);
  if (missing.length === 0) return;
  const packages = missing.map((tool) => PACKAGES[tool]).join(" ");
  throw new Failure(
    EXIT.machine,
    "tool_missing",
    `Not installed: ${missing.join(", ")}`,
    `Install them, such as with \`apt install ${packages}\`.`,
  );
}

export function demandClock(): void {
  if (Date.now() < EARLIEST)
    throw new Failure(
      EXIT.machine,
      "clock_wrong",
      `The clock says ${new Date().toISOString()}, which can't be`,
      "Set it, such as with `timedatectl set-ntp true`.",
    );
}

/**
 * Demands WireGuard. Where the parts that `wireguard-go` needs are missing, it makes an interface, since only this
 * shows whether the kernel has WireGuard.
 */
export async function demandTunnel(interfaceName: string): Promise<void> {
  if (existsSync(TUN_DEVICE) && findTool("wireguard-go") !== null) return;
  if ((await readLink(interfaceName)) !== null) return;
  await createLink(interfaceName);
  await removeLink(interfaceName);
}

/** The path of a tool, or null. */
export function findTool(tool: string): string | null {
  for (const directory of TOOL_PATH.split(":")) {
    const path = join(directory, tool);
    if (!existsSync(path)) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return null;
}

/** Demands that the port is free, for an interface that does not exist yet. */
export async function demandFreePort(interfaceName: string, port: number): Promise<void> {
  if ((await readLink(interfaceName)) !== null) return;
  if (await isPortFree(port)) return;
  throw new Failure(
    EXIT.conflict,
    "port_taken",
    `Something else uses UDP port ${port}`,
    `\`ss -ulpn\` shows what. Choose another with --listen-port.`,
  );
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    socket.bind(port, () => socket.close(() => resolve(true)));
  });
}
