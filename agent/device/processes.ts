import type { BigIntStats } from "node:fs";
import { type FileHandle, readdir, readlink, stat } from "node:fs/promises";
import { basename } from "node:path";

/** More are not looked through. */
const MOST_PROCESSES = 20_000;
const AT_ONCE = 64;

/** One executable file that runs. */
export interface Running {
  readonly pid: string;
  /** Its path when it was started. Whoever starts a process in a namespace of their own can have it say anything. */
  readonly path: string;
}

export interface Processes {
  readonly running: readonly Running[];
  /** Whether nothing runs beside these: only then a process is known to be absent. */
  readonly areAll: boolean;
}

/** What runs now. Threads of the kernel have no executable. */
export async function runningNow(): Promise<Processes> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const looked = pids.slice(0, MOST_PROCESSES);
  const running: Running[] = [];
  let areAll = looked.length === pids.length;
  for (let at = 0; at < looked.length; at += AT_ONCE) {
    for (const one of await Promise.all(looked.slice(at, at + AT_ONCE).map(executableOf))) {
      if (one === "hidden") areAll = false;
      else if (one) running.push(one);
    }
  }
  return { running, areAll };
}

/** Null for a process that has ended, and for a thread of the kernel. */
async function executableOf(pid: string): Promise<Running | null | "hidden"> {
  try {
    const path = await readlink(`/proc/${pid}/exe`);
    return { pid, path: path.replace(/ \(deleted\)$/, "") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ESRCH" ? null : "hidden";
  }
}

/** Whether a process has the executable of this name, or one of the same name as this path. */
export const isOf =
  (target: string) =>
  ({ path }: Running): boolean =>
    basename(path) === basename(target);

/** Whether one of the processes runs this very file. What a process says of its path alone proves nothing. */
export async function runsAny(processes: readonly Running[], file: FileHandle): Promise<boolean> {
  const wanted = identityOf(await file.stat({ bigint: true }));
  const running = await Promise.all(
    processes.map(({ pid }) => stat(`/proc/${pid}/exe`, { bigint: true }).then(identityOf, () => null)),
  );
  return running.includes(wanted);
}

const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
