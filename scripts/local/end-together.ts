import { type ChildProcess, spawn } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";

const PARENT = process.ppid;
const LOOK_MS = 1_000;
/**
 * Waits for the end of a pipe that only this process holds: so it sees every end of it, also by `kill -9`. The child then
 * gets 2 s to clean up.
 */
const GUARD = 'read -r _; kill -TERM "$0" && sleep 2 && kill -KILL "$0"';

/** Every child that this process starts from now on ends when this process does, however that comes about. */
export function endChildrenWithUs(): void {
  let isGuard = false;
  subscribe("child_process", (message) => {
    if (isGuard) return;
    const { process: child } = message as { readonly process: ChildProcess };
    child.once("spawn", () => {
      isGuard = true;
      // In a session of its own no signal of the terminal reaches it.
      const guard = spawn("sh", ["-c", GUARD, String(child.pid)], {
        stdio: ["pipe", "ignore", "ignore"],
        detached: true,
      });
      isGuard = false;
      guard.unref();
      child.once("exit", () => guard.kill("SIGKILL"));
    });
  });
}

/**
 * Tells when npm is gone that runs this script: it passes not every signal on, and can't pass on `kill -9`. The script begins with
 * `exec`, or npm's shell would be the parent. Who starts it without npm may end before it.
 */
export function whenNpmEnds(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const looks = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(looks);
    stop();
  }, LOOK_MS);
  looks.unref();
}
