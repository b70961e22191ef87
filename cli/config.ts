import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { isMissing, readIfThere, writePrivate } from "./private-file.ts";

/** Where the hub is and the API token that speaks for us. */
export interface Config {
  readonly hub: string;
  readonly token: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

const configSchema = z.object({ hub: z.string(), token: z.string() });

/** The folder of all that this program keeps (XDG base directory specification). */
export const configFolder = (env: Env): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "rustronaut");

/** Path of the stored configuration. */
export const configPath = (env: Env): string => join(configFolder(env), "config.json");

/** The stored configuration, or null when nobody has logged in. A damaged file is a failure that names it. */
export async function readConfig(env: Env): Promise<Config | null> {
  const path = configPath(env);
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    throw new Failure(EXIT.failure, `${path} is damaged`, {
      hint: "Run `rustronaut login --hub URL` to write it anew.",
    });
  }
}

/** Stores the configuration, readable by its owner only. */
export async function writeConfig(env: Env, config: Config): Promise<string> {
  const path = configPath(env);
  await writePrivate(path, `${JSON.stringify(config, null, 2)}\n`);
  return path;
}

/** Forgets the stored configuration; true when there was one. */
export async function removeConfig(env: Env): Promise<boolean> {
  try {
    await rm(configPath(env));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The hub and token to use now: the environment before the stored file. */
export async function currentConfig(env: Env): Promise<Config> {
  const hub = env.RUSTRONAUT_HUB;
  const token = env.RUSTRONAUT_TOKEN;
  if (hub && token) return { hub: hubOrigin(hub), token };
  const stored = await readConfig(env);
  // A stored token belongs to the hub that it was stored with: never send it to another one.
  if (hub && stored && hubOrigin(hub) === stored.hub) return stored;
  if (!hub && stored) return token ? { hub: stored.hub, token } : stored;
  throw new Failure(EXIT.unauthorised, "You are not logged in", {
    hint: hub
      ? `Set RUSTRONAUT_TOKEN for ${hub}, or run \`rustronaut login --hub ${hub}\`.`
      : "Run `rustronaut login --hub URL`, or set RUSTRONAUT_HUB and RUSTRONAUT_TOKEN.",
  });
}

/** The origin of a hub's address. Plain http only on this machine, since the token travels with each request. */
export function hubOrigin(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Failure(EXIT.usage, `${text} is not a URL`, {
      hint: "Give one such as https://hub.example.com.",
    });
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname)))
    return url.origin;
  throw new Failure(EXIT.usage, `${text} would send your token unprotected`, {
    hint: "Use https:// (plain http is only for localhost).",
  });
}

function isThisMachine(hostname: string): boolean {
  return /^(.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(hostname);
}
