import { open } from "node:fs/promises";
import { release, uptime } from "node:os";
import { isSea } from "node:sea";
import { TABLE_PREFIX } from "../../shared/node/filter.ts";
import type { NodeFactsReport } from "../../shared/node/protocol/types.ts";
import { run } from "../system/exec.ts";
import { hashOf, readIfThere } from "../system/files.ts";
import { VERSION } from "../version.ts";
import { locksScreens } from "./screen-lock.ts";

/** Collects facts about the machine without guessing. A fact that can't be found out is null. */
export async function collectFacts(): Promise<NodeFactsReport> {
  const [os, agentHash, diskEncrypted, firewall, screenLock] = await Promise.all([
    osRelease(),
    bundleHash(),
    isDiskEncrypted(),
    hasFirewall(),
    locksScreens(),
  ]);
  return {
    os: os("PRETTY_NAME", 100) || "Linux",
    osId: os("ID", 50),
    osVersion: os("VERSION_ID", 50),
    kernel: ascii(release(), 100),
    agentVersion: VERSION,
    agentHash,
    uptimeSeconds: Math.floor(uptime()),
    diskEncrypted,
    firewall,
    screenLock,
  };
}

const ascii = (text: string, max: number) => text.replace(/[^\x20-\x7e]/g, "?").slice(0, max);

/** Reads members of `/etc/os-release` (os-release(5)). A member that is missing is empty. */
async function osRelease(): Promise<(member: string, max: number) => string> {
  const text = (await readIfThere("/etc/os-release")) ?? "";
  return (member, max) =>
    ascii(new RegExp(`^${member}=["']?([^"'\\n]*)["']?$`, "m").exec(text)?.[1] ?? "", max);
}

let hash: Promise<string> | undefined;

/** The hash of the running file: the bundle, or the single executable that holds it. */
function bundleHash(): Promise<string> {
  const file = isSea() ? process.execPath : (process.argv[1] ?? process.execPath);
  // If the file can't be read now, for example during an upgrade, the next report tries again.
  hash ??= hashOfFile(file).catch((error: unknown) => {
    hash = undefined;
    throw error;
  });
  return hash;
}

async function hashOfFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    return await hashOf(file, "base64url");
  } finally {
    await file.close();
  }
}

export interface BlockDevice {
  readonly type?: string;
  readonly mountpoints?: readonly (string | null)[];
  readonly children?: readonly BlockDevice[];
}

/** Whether the root file system, and that of the home directories if it is another one, lie on dm-crypt devices. */
async function isDiskEncrypted(): Promise<boolean | null> {
  try {
    const text = await run(["lsblk", "-J", "-o", "TYPE,MOUNTPOINTS"]);
    return areEncrypted((JSON.parse(text) as { blockdevices: BlockDevice[] }).blockdevices);
  } catch {
    return null;
  }
}

/** Null when the root file system is on none of the devices. */
export function areEncrypted(devices: readonly BlockDevice[]): boolean | null {
  const root = isUnderCrypt(devices, "/");
  return root === null ? null : root && (isUnderCrypt(devices, "/home") ?? true);
}

/** Null when nothing is mounted there. */
function isUnderCrypt(devices: readonly BlockDevice[], mountpoint: string, isInside = false): boolean | null {
  for (const { type, mountpoints = [], children = [] } of devices) {
    const isCrypt = isInside || type === "crypt";
    if (mountpoints.includes(mountpoint)) return isCrypt;
    const below = isUnderCrypt(children, mountpoint, isCrypt);
    if (below !== null) return below;
  }
  return null;
}

async function hasFirewall(): Promise<boolean | null> {
  try {
    const { nftables } = JSON.parse(await run(["nft", "-j", "list", "ruleset"])) as { nftables: NftObject[] };
    return dropsInput(nftables);
  } catch {
    return null;
  }
}

/** A part of `nft -j list ruleset` (libnftables-json(5)). */
export interface NftObject {
  readonly chain?: {
    readonly family: string;
    readonly table: string;
    readonly hook?: string;
    readonly policy?: string;
  };
  readonly rule?: { readonly family: string; readonly table: string; readonly expr: readonly object[] };
}

/**
 * Whether a program beside the agent drops incoming packets: by the policy of a chain, or by a rule of the table. Tools
 * that only leave an empty chain filter nothing.
 */
export function dropsInput(objects: readonly NftObject[]): boolean {
  const nameOf = ({ family, table }: { readonly family: string; readonly table: string }) =>
    `${family} ${table}`;
  const chains = objects.flatMap(({ chain }) =>
    chain?.hook === "input" && !chain.table.startsWith(TABLE_PREFIX) ? [chain] : [],
  );
  const tables = new Set(chains.map(nameOf));
  const drops = ({ expr }: NonNullable<NftObject["rule"]>) =>
    expr.some((part) => "drop" in part || "reject" in part);
  return (
    chains.some(({ policy }) => policy === "drop") ||
    objects.some(({ rule }) => rule && tables.has(nameOf(rule)) && drops(rule))
  );
}
