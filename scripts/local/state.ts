import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The data that the local network keeps between starts, besides D1 and the objects. It is made at the first
 * start, with mode 0600.
 */
export interface LocalState {
  readonly folder: string;
  readonly secretKey: string;
  readonly bootstrapToken: string;
  readonly clientSecret: string;
  /** The owner's API token. Null until the network was created. */
  readonly adminToken: string | null;
  /**
   * The key that lets machines join. It exists after trust was initialised. States of earlier versions don't
   * contain it.
   */
  readonly enrolmentKey?: string;
}

const FOLDER = resolve(import.meta.dirname, "../../.rustronaut");

/**
 * Another process uses the state folder. Two processes must never share the databases in it, and one process
 * must not delete the folder while the other uses it.
 */
export class StateInUse extends Error {
  constructor(pid: number) {
    super(`It is running already (process ${pid}). Stop it first: Ctrl+C in its terminal.`);
  }
}

/**
 * Loads the state from a folder. From now on, only this process may use the folder.
 *
 * @throws StateInUse
 */
export function loadState(fresh: boolean, folder: string = FOLDER): LocalState {
  const holder = join(folder, "pid");
  const other = existsSync(holder) ? Number(readFileSync(holder, "utf8")) : 0;
  if (other !== process.pid && isRunning(other)) throw new StateInUse(other);
  if (fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(holder, String(process.pid));
  try {
    return { ...JSON.parse(readFileSync(join(folder, "local.json"), "utf8")), folder };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = () => randomBytes(32).toString("base64url");
  return saveState({
    folder,
    secretKey: secret(),
    bootstrapToken: secret(),
    clientSecret: secret(),
    adminToken: null,
  });
}

/**
 * A process that died leaves its number behind, and another program may have got the same number. So only a
 * process of this project counts.
 */
function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return !existsSync("/proc") || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("scripts/start.ts");
  } catch {
    return false;
  }
}

export function saveState(state: LocalState): LocalState {
  const path = join(state.folder, "local.json");
  writeFileSync(`${path}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return state;
}
