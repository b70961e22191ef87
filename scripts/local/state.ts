import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What the local network keeps between starts, besides D1 and the objects. Made at the first start, 0600. */
export interface LocalState {
  readonly folder: string;
  readonly secretKey: string;
  readonly bootstrapToken: string;
  readonly clientSecret: string;
  /** The owner's API token, once the network was created. */
  readonly adminToken: string | null;
  /** Lets machines join, once trust was initialised. Absent in states of earlier versions. */
  readonly enrolmentKey?: string;
}

const FOLDER = resolve(import.meta.dirname, "../../.rustronaut");

export function loadState(fresh: boolean): LocalState {
  if (fresh) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  try {
    return { ...JSON.parse(readFileSync(join(FOLDER, "local.json"), "utf8")), folder: FOLDER };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = () => randomBytes(32).toString("base64url");
  return saveState({
    folder: FOLDER,
    secretKey: secret(),
    bootstrapToken: secret(),
    clientSecret: secret(),
    adminToken: null,
  });
}

export function saveState(state: LocalState): LocalState {
  const path = join(state.folder, "local.json");
  writeFileSync(`${path}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return state;
}
