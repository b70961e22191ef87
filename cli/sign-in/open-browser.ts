import { spawn } from "node:child_process";
import type { Env } from "../config.ts";

/**
 * How the person's browser is opened on this machine. Null where there is none, such as on a server. No shell is asked,
 * so that nothing in an address is taken for a command.
 */
export function browserOf(env: Env, platform: NodeJS.Platform): ((url: string) => Promise<boolean>) | null {
  const [command, ...words] = commandOf(env, platform) ?? [];
  return command === undefined ? null : (url) => start(command, [...words, url]);
}

function commandOf(env: Env, platform: NodeJS.Platform): string[] | null {
  if (env.BROWSER) return [env.BROWSER];
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : null;
}

/** Whether the program could be started. It goes on without us. */
function start(command: string, words: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
