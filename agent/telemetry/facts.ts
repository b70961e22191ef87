import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { release, uptime } from "node:os";
import { isSea } from "node:sea";
import { TABLE_PREFIX } from "../../shared/node/filter.ts";
import type { NodeFactsReport } from "../../shared/node/protocol/types.ts";
import { run } from "../system/exec.ts";
import { readIfThere } from "../system/files.ts";
import { VERSION } from "../version.ts";

/** Collects facts about the machine without guessing. A fact that can't be found out is null. */
export async function collectFacts(): Promise<NodeFactsReport> {
  const [os, agentHash, diskEncrypted, firewall] = await Promise.all([
    osName(),
    bundleHash(),
    isDiskEncrypted(),
    hasFirewall(),
  ]);
  return {
    os,
    kernel: ascii(release(), 100),
    agentVersion: VERSION,
    agentHash,
    uptimeSeconds: Math.floor(uptime()),
    diskEncrypted,
    firewall,
  };
}

const ascii = (text: string, max: number) => text.replace(/[^\x20-\x7e]/g, "?").slice(0, max);

async function osName(): Promise<string> {
  const text = (await readIfThere("/etc/os-release")) ?? "";
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1];
  return ascii(name || "Linux", 100);
}

let hash: Promise<string> | undefined;

/** The hash of the running file: the bundle, or the single executable that holds it. */
function bundleHash(): Promise<string> {
  const file = isSea() ? process.execPath : (process.argv[1] ?? process.execPath);
  // If the file can't be read now, for example during an upgrade, the next report tries again.
  hash ??= hashOf(file).catch((error: unknown) => {
    hash = undefined;
    throw error;
  });
  return hash;
}

/** Hashes a file piece by piece through one buffer, since the single executable has more than 100 MB. */
async function hashOf(path: string): Promise<string> {
  const sha256 = createHash("sha256");
  const buffer = Buffer.alloc(64 * 1024);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return sha256.digest("base64url");
      sha256.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

interface BlockDevice {
  readonly type?: string;
  readonly mountpoints?: readonly (string | null)[];
  readonly children?: readonly BlockDevice[];
}

/** Whether the root file system lies on a dm-crypt device. */
async function isDiskEncrypted(): Promise<boolean | null> {
  try {
    const text = await run(["lsblk", "-J", "-o", "TYPE,MOUNTPOINTS"]);
    return rootIsUnderCrypt((JSON.parse(text) as { blockdevices: BlockDevice[] }).blockdevices);
  } catch {
    return null;
  }
}

/** Null when the root file system is on none of the devices. */
function rootIsUnderCrypt(devices: readonly BlockDevice[], isInside = false): boolean | null {
  for (const { type, mountpoints = [], children = [] } of devices) {
    const isCrypt = isInside || type === "crypt";
    if (mountpoints.includes("/")) return isCrypt;
    const below = rootIsUnderCrypt(children, isCrypt);
    if (below !== null) return below;
  }
  return null;
}

/** Whether a program beside the agent filters incoming packets. */
async function hasFirewall(): Promise<boolean | null> {
  try {
    const { nftables } = JSON.parse(await run(["nft", "-j", "list", "chains"])) as {
      nftables: { chain?: { table: string; hook?: string; policy?: string } }[];
    };
    return nftables.some(({ chain }) => chain?.hook === "input" && !chain.table.startsWith(TABLE_PREFIX));
  } catch {
    return null;
  }
}
