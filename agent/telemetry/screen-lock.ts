import { readdir } from "node:fs/promises";
import { run } from "../system/exec.ts";

/** The lowest id of a person's account on Linux distributions (`UID_MIN` of login.defs(5)). */
const FIRST_PERSON = 1_000;
const MOST_PEOPLE = 8;

/**
 * Whether the desktop of everybody who is signed in on this machine locks itself. Only GNOME's settings can be read, and
 * only those of sessions that run. Null when nobody's can be read, or not everybody's.
 */
export async function locksScreens(): Promise<boolean | null> {
  try {
    const uids = (await readdir("/run/user")).map(Number).filter((uid) => uid >= FIRST_PERSON);
    if (uids.length === 0 || uids.length > MOST_PEOPLE) return null;
    const locks = await Promise.all(uids.map(locksScreen));
    return locks.includes(null) ? null : !locks.includes(false);
  } catch {
    return null;
  }
}

async function locksScreen(uid: number): Promise<boolean | null> {
  const [enabled, delay] = await Promise.all([
    setting(uid, "org.gnome.desktop.screensaver", "lock-enabled"),
    setting(uid, "org.gnome.desktop.session", "idle-delay"),
  ]);
  return lockOf(enabled, delay);
}

/**
 * What the settings mean, as `gsettings get` prints them.
 * @param enabled `true` or `false`: whether a blank screen is locked.
 * @param delay Such as `uint32 300`: after how many seconds the screen goes blank. With 0 it never does.
 */
export function lockOf(enabled: string, delay: string): boolean | null {
  const seconds = /^uint32 (\d{1,10})$/.exec(delay.trim())?.[1];
  const word = enabled.trim();
  if ((word !== "true" && word !== "false") || seconds === undefined) return null;
  return word === "true" && Number(seconds) > 0;
}

/** Reads a setting as the person, since their settings are theirs to read. */
async function setting(uid: number, schema: string, key: string): Promise<string> {
  const passwd = await run(["getent", "passwd", String(uid)]);
  const [name = "", , , gid = "", , home = ""] = passwd.trim().split(":");
  if (name === "") throw new Error(`Nobody has the id ${uid}`);
  const runtime = `/run/user/${uid}`;
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` };
  const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups"] as const;
  return run([...as, "gsettings", "get", schema, key], { env });
}
