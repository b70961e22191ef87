import { link, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { isDiskFull, readIfThere } from "../system/files.ts";

/**
 * The lock lets one agent use a state directory. It names the agent's process and the start of that process. So the
 * lock ends with the process, however the process ends, and a process id that the system gave out again does not count.
 */
export interface Lock {
  readonly release: () => Promise<void>;
  /** Writes the claim again when somebody removed it. @throws Failure when another agent holds the lock now. */
  readonly renew: () => Promise<void>;
}

/** @throws Failure when another agent holds the lock. */
export async function takeLock(directory: string): Promise<Lock> {
  const path = join(directory, "agent.lock");
  const own = `${path}.${process.pid}`;
  const claim = `${process.pid} ${await startOf(process.pid)}\n`;
  try {
    await writeClaim(own, claim);
    for (let tries = 0; tries < 5; tries++) {
      try {
        await link(own, path);
        return { release: () => releaseIfOwn(path, claim), renew: () => renewIfLost(directory, claim) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      await demandNoAgent(directory);
      await clearStale(path);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw taken(null);
}

/** @throws Failure when an agent runs. */
export async function demandNoAgent(directory: string): Promise<void> {
  const holder = await holderOf(directory);
  if (holder !== null) throw taken(holder);
}

/** The process id of the agent that runs, or null. */
export async function holderOf(directory: string): Promise<number | null> {
  const [pid = "", start = ""] = (await readClaim(join(directory, "agent.lock"))).trim().split(" ");
  return pid !== "" && (await startOf(Number(pid))) === start ? Number(pid) : null;
}

/**
 * Writes the claim. A full disk that has no room for a file with one line still has room for a symbolic link, so the
 * claim becomes the link's target.
 */
async function writeClaim(path: string, claim: string): Promise<void> {
  try {
    await writeFile(path, claim, { mode: 0o600 });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    await rm(path, { force: true });
    await symlink(claim, path);
  }
}

/** Reads the claim. Empty when there is none. */
async function readClaim(path: string): Promise<string> {
  const linked = await readlink(path).catch(() => null);
  return linked ?? (await readIfThere(path)) ?? "";
}

/**
 * Removes a stale claim. It moves the claim aside first. If the claim turns out to be a fresh one of a faster agent, it
 * is put back.
 */
async function clearStale(path: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
    const [pid = "", start = ""] = (await readClaim(aside)).trim().split(" ");
    if ((await startOf(Number(pid))) === start) await link(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function renewIfLost(directory: string, claim: string): Promise<void> {
  const path = join(directory, "agent.lock");
  if ((await readClaim(path)) === claim) return;
  await demandNoAgent(directory);
  await writeClaim(path, claim);
}

async function releaseIfOwn(path: string, claim: string): Promise<void> {
  if ((await readClaim(path)) === claim) await rm(path, { force: true });
}

/** The start of a process: field 22 of /proc/<pid>/stat, in ticks since boot. Null when there is no such process. */
async function startOf(pid: number): Promise<string | null> {
  const text = Number.isInteger(pid) && pid > 0 ? await readIfThere(`/proc/${pid}/stat`) : null;
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

const taken = (pid: number | null) =>
  new Failure(
    EXIT.conflict,
    "agent_running",
    `Another agent runs here${pid === null ? "" : ` (process ${pid})`}`,
    "Ask it with `rustronaut-agent status`, end it with `rustronaut-agent down`, or give this one its own --state-dir.",
  );
