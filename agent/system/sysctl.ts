import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { readIfThere, writeAtomically } from "./files.ts";

/** Kernel settings that a node needs. The disk keeps each former value until it is put back. */

const FORWARDING = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/**
 * 1 = when large segments vanish and no ICMP message says why, TCP finds the MTU of the path itself (RFC 4821). 2 =
 * always.
 */
const MTU_PROBING = "net/ipv4/tcp_mtu_probing";

/** Makes the reverse path check of an incoming packet use the packet's mark, as for outgoing packets. */
const WAY_BACK = "net/ipv4/conf/all/src_valid_mark";

const pathOf = (setting: string) => `/proc/sys/${setting}`;
const notePath = (stateDirectory: string) => join(stateDirectory, "kernel-settings.json");

export async function readForwards(): Promise<(4 | 6)[]> {
  const on = async (family: 4 | 6) =>
    (await readIfThere(pathOf(FORWARDING[family])))?.trim() === "1" ? [family] : [];
  return [...(await on(4)), ...(await on(6))];
}

/** Whether the interface has IPv6. If the interface does not exist yet, whether it would have IPv6. */
export async function hasIpv6(interfaceName: string): Promise<boolean> {
  const off = async (name: string) =>
    (await readIfThere(pathOf(`net/ipv6/conf/${name}/disable_ipv6`)))?.trim();
  return ((await off(interfaceName)) ?? (await off("default"))) === "0";
}

export async function startForwarding(families: readonly (4 | 6)[], stateDirectory: string): Promise<void> {
  for (const family of families) await change(FORWARDING[family], "1", stateDirectory);
}

export const readMtuProbing = async (): Promise<boolean> =>
  (await readIfThere(pathOf(MTU_PROBING)))?.trim() !== "0";

export const startMtuProbing = (stateDirectory: string): Promise<void> =>
  change(MTU_PROBING, "1", stateDirectory);

export const readWayBack = async (): Promise<boolean> =>
  (await readIfThere(pathOf(WAY_BACK)))?.trim() !== "0";

export const startWayBack = (stateDirectory: string): Promise<void> => change(WAY_BACK, "1", stateDirectory);

const notes = new Map<string, Readonly<Record<string, string>>>();

async function change(setting: string, value: string, stateDirectory: string): Promise<void> {
  const before = (await readFile(pathOf(setting), "utf8")).trim();
  if (before === value) return;
  const note = { [setting]: before, ...(await readSettingsNote(stateDirectory)) };
  notes.set(stateDirectory, note);
  // The tunnel's settings must not wait for the disk. An agent that runs until `down` does not need the file, since it
  // remembers the former values.
  await writeAtomically(notePath(stateDirectory), `${JSON.stringify(note)}\n`).catch(() => undefined);
  await writeFile(pathOf(setting), value);
}

/** Puts back the former values that are known. If the note can't be read, the settings stay as they are. */
export async function restoreSettings(stateDirectory: string): Promise<void> {
  for (const [setting, value] of Object.entries(await readSettingsNote(stateDirectory)))
    await writeFile(pathOf(setting), value);
  notes.delete(stateDirectory);
  await rm(notePath(stateDirectory), { force: true });
}

export async function readSettingsNote(stateDirectory: string): Promise<Readonly<Record<string, string>>> {
  const noted = notes.get(stateDirectory);
  if (noted) return noted;
  const parsed = z.safeParse(KEPT, await readNote(stateDirectory));
  return parsed.success ? parsed.data : {};
}

async function readNote(stateDirectory: string): Promise<unknown> {
  try {
    return JSON.parse((await readIfThere(notePath(stateDirectory))) ?? "{}");
  } catch {
    return {};
  }
}

/**
 * The settings that may be put back: only those that the agent changes itself. The note must not be a way to write
 * other settings.
 */
const KEPT = z.partialRecord(
  z.enum([...Object.values(FORWARDING), MTU_PROBING, WAY_BACK]),
  z.enum(["0", "1"]),
);
