import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { canonicalAddress } from "../tunnel/addresses.ts";
import type { HostsEntry } from "../tunnel/tunnel.ts";
import { readIfThere } from "./files.ts";

/**
 * A block of names in /etc/hosts, between two markers. The file is written in place, since a bind mount (containers,
 * `ip netns`) can't be replaced by a rename. The block stands at the end and one write puts out the whole text, so that
 * a crash can't lose a line of somebody else.
 */

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const begin = (name: string) => `# BEGIN rustronaut ${name}: written by rustronaut-agent, changes are lost`;
const end = (name: string) => `# END rustronaut ${name}`;

/** Whether a text is a host name of letters, digits and hyphens only. No other text may get into the file. */
const isHostName = (text: string): boolean =>
  text.length <= 253 && text.split(".").every((label) => LABEL.test(label));

/** @throws Error for a name or an address that must not be written. */
function renderHosts(name: string, entries: readonly HostsEntry[]): string {
  const lines = entries.map(({ address, names }) => {
    if (canonicalAddress(address) !== address || names.length === 0 || !names.every(isHostName))
      throw new Error(`The name ${JSON.stringify(names)} for ${JSON.stringify(address)} is not a host name`);
    return `${address} ${names.join(" ")}`;
  });
  return [begin(name), ...lines, end(name), ""].join("\n");
}

interface Divided {
  readonly others: string;
  readonly entries: readonly HostsEntry[];
}

/** Separates the block from the other lines. A block without an end marker runs to the end of the file. */
function divideHosts(text: string, name: string): Divided {
  const others: string[] = [];
  const entries: HostsEntry[] = [];
  let inside = false;
  for (const line of text.split("\n")) {
    if (line === begin(name)) inside = true;
    else if (!inside) others.push(line);
    else if (line === end(name)) inside = false;
    else {
      const [address, ...names] = line.split(" ");
      if (address && names.length > 0) entries.push({ address, names });
    }
  }
  if (inside) others.push("");
  return { others: others.join("\n"), entries };
}

export async function readHosts(path: string, name: string): Promise<readonly HostsEntry[]> {
  return divideHosts((await readIfThere(path)) ?? "", name).entries;
}

/** Puts the block into the file. Without entries, it removes the block. */
export async function writeHosts(path: string, name: string, entries: readonly HostsEntry[]): Promise<void> {
  const before = await readIfThere(path);
  if (before === null && entries.length === 0) return;
  const { others } = divideHosts(before ?? "", name);
  const own = others === "" || others.endsWith("\n") ? others : `${others}\n`;
  const text = entries.length === 0 ? others : own + renderHosts(name, entries);
  if (text === before) return;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const bytes = Buffer.from(text);
    const old = (await file.stat()).size;
    // Empty lines fill the text up to the old length. So a crash before the truncation leaves nothing of the old block.
    await file.write(Buffer.concat([bytes, Buffer.alloc(Math.max(0, old - bytes.length), "\n")]), 0, null, 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}
