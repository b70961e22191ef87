import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { canonicalPrefix } from "../tunnel/addresses.ts";
import { numbersOf } from "../tunnel/numbers.ts";
import type { Observed } from "../tunnel/tunnel.ts";
import { CommandFailed, run } from "./exec.ts";
import { endDaemon, uapiSocketOf } from "./uapi.ts";
import { interfacesWith } from "./wg-tool.ts";

export const TUN_DEVICE = "/dev/net/tun";

interface IpAddressJson {
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly addr_info: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
  }[];
}

/** The interface with its global addresses, or null when it does not exist. */
export async function readLink(name: string): Promise<Observed["link"]> {
  let text: string;
  try {
    text = await run(["ip", "-j", "addr", "show", "dev", name]);
  } catch (error) {
    if (error instanceof CommandFailed && /does not exist|Cannot find device/.test(error.stderr)) return null;
    throw error;
  }
  const [link] = JSON.parse(text) as IpAddressJson[];
  if (!link) return null;
  return {
    mtu: link.mtu,
    up: link.flags.includes("UP"),
    addresses: link.addr_info
      .filter(({ scope }) => scope !== "link")
      .flatMap(({ local, prefixlen }) => canonicalPrefix(`${local}/${prefixlen}`) ?? []),
  };
}

/**
 * Makes the interface. It uses the kernel's WireGuard if the kernel has it, otherwise a wireguard-go daemon that
 * outlives the agent.
 */
export async function createLink(name: string): Promise<"kernel" | "wireguard-go"> {
  await removeRenamed(name);
  if (await createKernelLink(name)) return "kernel";
  if (!existsSync(TUN_DEVICE))
    throw new Failure(
      EXIT.machine,
      "no_tun",
      "This kernel has no WireGuard, and there is no TUN device for wireguard-go",
      `Load the module (\`modprobe wireguard\` or \`modprobe tun\`), or give the container ${TUN_DEVICE}.`,
    );
  try {
    await run(["wireguard-go", name], {
      env: { WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD: "1", LOG_LEVEL: "silent" },
    });
  } catch (error) {
    if (!(error instanceof CommandFailed && error.missing)) throw error;
    throw new Failure(
      EXIT.machine,
      "no_wireguard",
      "This kernel has no WireGuard, and wireguard-go is not installed",
      "Install the package wireguard-go, or a kernel with the wireguard module.",
    );
  }
  return "wireguard-go";
}

async function createKernelLink(name: string): Promise<boolean> {
  try {
    await run(["ip", "link", "add", "dev", name, "type", "wireguard"]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (/Unknown device type|not supported/i.test(error.stderr)) return false;
    if (/not permitted/i.test(error.stderr))
      throw new Failure(
        EXIT.machine,
        "not_permitted",
        "This process may not make network interfaces",
        "Run it as root; a container needs --cap-add NET_ADMIN and --device /dev/net/tun.",
      );
    throw error;
  }
}

/** Removes an interface of the agent that somebody renamed. No filter guards it under its new name. */
async function removeRenamed(name: string): Promise<void> {
  for (const found of await interfacesWith(numbersOf(name).mark)) if (found !== name) await deleteLink(found);
}

/** @returns Whether the interface existed. */
async function deleteLink(name: string): Promise<boolean> {
  try {
    await run(["ip", "link", "del", "dev", name]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed) || !/Cannot find device|does not exist/.test(error.stderr))
      throw error;
    return false;
  }
}

/** Removes the interface with all its routes, and the socket of its daemon. It succeeds when nothing exists. */
export async function removeLink(name: string): Promise<void> {
  if (!(await deleteLink(name))) {
    // Perhaps the interface only has another name now, in the kernel or behind a daemon.
    await removeRenamed(name);
    await endDaemon(uapiSocketOf(name));
  }
  // The daemon removes its socket at its very end, when the port is free again. A daemon that was killed could not
  // remove it.
  const socket = uapiSocketOf(name);
  for (let tries = 0; tries < 40 && existsSync(socket); tries++) await sleep(50);
  await rm(socket, { force: true });
}

export async function setMtu(name: string, mtu: number): Promise<void> {
  await run(["ip", "link", "set", "dev", name, "mtu", String(mtu)]);
}

export async function bringUp(name: string): Promise<void> {
  await run(["ip", "link", "set", "dev", name, "up"]);
}

export async function addAddress(name: string, prefix: string): Promise<void> {
  // Duplicate address detection would make an IPv6 address unusable for a second. It is not needed, for nobody else can
  // have the address.
  const flags = prefix.includes(":") ? ["nodad"] : [];
  await run(["ip", "addr", "replace", prefix, "dev", name, ...flags]);
}

export async function removeAddress(name: string, prefix: string): Promise<void> {
  await run(["ip", "addr", "del", prefix, "dev", name]);
}
