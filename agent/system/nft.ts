import { createHash } from "node:crypto";
import { join } from "node:path";
import { filterTable, ruleOfCounter, timed } from "../../shared/node/filter.ts";
import { CommandFailed, run } from "./exec.ts";
import { readIfThere, writeAtomically } from "./files.ts";

type Place = { readonly interfaceName: string; readonly stateDirectory: string };

/**
 * Replaces the agent's table in one transaction (`text` deletes the former table). Then it notes the kernel's form of
 * the table. A later look compares this form and so finds out whether somebody else changed or flushed the table.
 * @param now Hub time, from which the kernel counts how long the rules of the text still hold.
 */
export async function loadFilter(
  { interfaceName, stateDirectory }: Place,
  text: string,
  now: number,
): Promise<void> {
  await run(["nft", "-f", "-"], { input: timed(text, now) });
  const kernel = await kernelForm(interfaceName);
  const note = { text, kernel };
  notes.set(notePath(stateDirectory), note);
  // Only the next start of the agent needs this file. Without it, that start loads the table once more.
  await writeAtomically(notePath(stateDirectory), `${JSON.stringify(note)}\n`).catch(() => undefined);
}

interface Note {
  readonly text: string;
  readonly kernel: string | null;
}

const notes = new Map<string, Note>();

/** Takes the table for changed until it is loaded anew, whatever the kernel shows. */
export function doubtFilter({ stateDirectory }: Place): void {
  notes.set(notePath(stateDirectory), { text: "", kernel: null });
}

async function noteOf(path: string): Promise<Note | null> {
  const known = notes.get(path);
  if (known) return known;
  try {
    return JSON.parse((await readIfThere(path)) ?? "null") as Note | null;
  } catch {
    return null;
  }
}

/** The text of the table in force. Null when there is no table, or when somebody changed it after it was loaded. */
export async function readFilter({ interfaceName, stateDirectory }: Place): Promise<string | null> {
  const kernel = await kernelForm(interfaceName);
  const note = await noteOf(notePath(stateDirectory));
  return kernel !== null && note?.kernel === kernel ? note.text : null;
}

export const hasFilter = async (interfaceName: string): Promise<boolean> =>
  (await kernelForm(interfaceName)) !== null;

export async function removeFilter(interfaceName: string): Promise<void> {
  if (await hasFilter(interfaceName))
    await run(["nft", "delete", "table", ...filterTable(interfaceName).split(" ")]);
}

/**
 * How many packets each rule decided since the table was loaded, by the rule's id. Empty when there is no table.
 * @throws CommandFailed when nftables refuses.
 */
export async function readCounters(interfaceName: string): Promise<Map<string, number>> {
  let text: string;
  try {
    text = await run(["nft", "-j", "list", "counters", "table", ...filterTable(interfaceName).split(" ")]);
  } catch (error) {
    if (isMissing(error)) return new Map();
    throw error;
  }
  const { nftables } = JSON.parse(text) as {
    nftables: { counter?: { name: string; packets: number } }[];
  };
  return new Map(
    nftables.flatMap(({ counter }) => {
      const rule = counter ? ruleOfCounter(counter.name) : null;
      return rule === null ? [] : [[rule, counter?.packets ?? 0] as const];
    }),
  );
}

const notePath = (stateDirectory: string) => join(stateDirectory, "filter.json");

/**
 * A hash of the table in the kernel's form, without the parts that change by themselves. Null when there is no table.
 */
async function kernelForm(interfaceName: string): Promise<string | null> {
  let text: string;
  try {
    text = await run(["nft", "-j", "list", "table", ...filterTable(interfaceName).split(" ")]);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const { nftables } = JSON.parse(text) as { nftables: object[] };
  const lasting = JSON.stringify(nftables.slice(1), (key, value) => (VOLATILE.has(key) ? undefined : value));
  return createHash("sha256").update(lasting).digest("base64url");
}

const isMissing = (error: unknown): boolean =>
  error instanceof CommandFailed && error.stderr.includes("No such file");

const VOLATILE = new Set(["handle", "packets", "bytes", "expires"]);
