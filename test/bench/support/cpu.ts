import { readdirSync, readFileSync } from "node:fs";

/** What processes cost, by /proc; systems without it get nothing, and their benchmarks leave these figures out. */

/** Linux counts CPU for programs in hundredths of a second, whatever the kernel itself does (proc(5), USER_HZ). */
const TICK_MS = 10;

/** Ids of the processes of this name that this one has started. */
export function childrenNamed(name: string): number[] {
  return processes().filter((pid) => {
    const stat = statOf(pid);
    return stat?.name === name && stat.parent === process.pid;
  });
}

/** Milliseconds of user and system CPU that the process has used, or null where that can't be told. */
export function cpuOf(pid: number | undefined): number | null {
  return (pid === undefined ? null : statOf(pid))?.cpuMs ?? null;
}

function processes(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function statOf(pid: number) {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The name stands in parentheses and may hold anything; the fields after it are counted from its end.
  const end = text.lastIndexOf(")");
  const fields = text
    .slice(end + 2)
    .split(" ")
    .map(Number);
  const [, parent] = fields;
  const [user = 0, system = 0] = fields.slice(11, 13);
  return { name: text.slice(text.indexOf("(") + 1, end), parent, cpuMs: (user + system) * TICK_MS };
}
