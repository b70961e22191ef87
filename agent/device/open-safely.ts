import { constants } from "node:fs";
import { type FileHandle, open, readFile, readlink } from "node:fs/promises";
import { isCheckPath } from "../../shared/node/config/device-check.ts";

/**
 * Opens a file without doing more than anybody on this machine could: the agent is root, and whoever says what to look
 * for must learn nothing by that. Each directory on the way must let everybody through, also those that a link leads
 * to. What is found stays found: each step starts at the directory that the step before has opened, so nothing can be
 * put in its place meanwhile.
 */

/** Opens a thing itself (open(2)): reads nothing, does not wait for the other end of a pipe, wakes no device. */
const O_PATH = 0o10_000_000;
const MOST_LINKS = 16;
const ANYBODY_MAY_READ = 0o004;
const ANYBODY_MAY_PASS = 0o001;

/** Kinds of file systems of this machine's own disks. Others may never answer, such as NFS and FUSE. */
const OWN_DISKS = new Set(
  "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs tmpfs ramfs overlay squashfs erofs vfat rootfs".split(" "),
);

/** The file, opened as a place only. Null where there is none. `unreadable`: nobody but root may know, or it is no file. */
export type Found = FileHandle | null | "unreadable";

/** @param path Of `isCheckPath`. The caller closes the handle. */
export async function findFile(path: string): Promise<Found> {
  const mounts = await mountsOf();
  let todo = path.split("/").slice(1);
  let done: string[] = [];
  let links = 0;
  let at = await open("/", O_PATH | constants.O_DIRECTORY);
  try {
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      const there = ["", ...done, name].join("/");
      if (!isOnOwnDisk(there, mounts)) return "unreadable";
      const next = await step(at, name);
      if (next === null || next === "unreadable") return next;
      const found = await next.stat();
      if (found.isSymbolicLink()) {
        const to = await readlink(`/proc/self/fd/${at.fd}/${name}`);
        await next.close();
        if (++links > MOST_LINKS) return "unreadable";
        const whole = to.startsWith("/") ? to.split("/") : [...done, ...to.split("/")];
        // The way begins anew at the root, since `..` must not be taken from a directory that was a link.
        todo = [...normal(whole), ...todo];
        done = [];
        await at.close();
        at = await open("/", O_PATH | constants.O_DIRECTORY);
        continue;
      }
      if (todo.length > 0) {
        if (!found.isDirectory()) {
          await next.close();
          return null;
        }
        await at.close();
        at = next;
        done.push(name);
        if ((found.mode & ANYBODY_MAY_PASS) === 0) return "unreadable";
        continue;
      }
      if (found.isFile() && isCheckPath(there)) return next;
      await next.close();
      return "unreadable";
    }
    return "unreadable";
  } finally {
    await at.close();
  }
}

async function step(directory: FileHandle, name: string): Promise<Found> {
  try {
    return await open(`/proc/self/fd/${directory.fd}/${name}`, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : "unreadable";
  }
}

/** The parts of an absolute path without `.` and `..`. */
function normal(parts: readonly string[]): string[] {
  const kept: string[] = [];
  for (const part of parts) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return kept;
}

/** Opens a found file for reading. Null if not everybody may read it. The caller closes the handle. */
export async function openForAnybody(found: FileHandle): Promise<FileHandle | null> {
  const { mode } = await found.stat();
  if ((mode & ANYBODY_MAY_READ) === 0) return null;
  return open(`/proc/self/fd/${found.fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}

type Mounts = ReadonlyMap<string, string>;

/** What is mounted where, of which kind (proc_pid_mountinfo(5)). What was mounted last on a place hides the others. */
async function mountsOf(): Promise<Mounts> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  const mounts = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const place = before.split(" ")[4];
    if (place !== undefined) mounts.set(place, after.split(" ")[0] ?? "");
  }
  return mounts;
}

function isOnOwnDisk(path: string, mounts: Mounts): boolean {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const kind = mounts.get(at);
    if (kind !== undefined) return OWN_DISKS.has(kind);
  }
  return OWN_DISKS.has(mounts.get("/") ?? "rootfs");
}
