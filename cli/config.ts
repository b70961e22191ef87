import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { readIfThere, writePrivate } from "./private-file.ts";

/** Where the hub is, and the token that speaks for us there. */
export interface Config {
  readonly hub: string;
  readonly token: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

const signedIn = z.object({ hub: z.string(), token: z.string() });
/** The hub that commands go to unless told otherwise, and the others. */
const configSchema = z.object({ ...signedIn.partial().shape, others: z.array(signedIn).default([]) });

interface Stored {
  /** Null after the person signed out of that hub. */
  readonly current: Config | null;
  readonly others: readonly Config[];
}

/** The folder of all that this program keeps (XDG base directory specification). */
export const configFolder = (env: Env): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "rustronaut");

/** Path of the stored configuration. */
export const configPath = (env: Env): string => join(configFolder(env), "config.json");

async function readStored(env: Env): Promise<Stored> {
  const path = configPath(env);
  const text = await readIfThere(path);
  if (text === null) return { current: null, others: [] };
  try {
    const { hub, token, others } = configSchema.parse(JSON.parse(text));
    return { current: hub !== undefined && token !== undefined ? { hub, token } : null, others };
  } catch {
    throw new Failure(EXIT.failure, `${path} is damaged`, {
      hint: "Delete it, and run `rustronaut login HUB` to write it anew.",
    });
  }
}

async function writeStored(env: Env, { current, others }: Stored): Promise<void> {
  const path = configPath(env);
  if (current === null && others.length === 0) return rm(path, { force: true });
  const kept = { ...current, ...(others.length > 0 ? { others } : {}) };
  await writePrivate(path, `${JSON.stringify(kept, null, 2)}\n`);
}

/** The hub that commands go to. Null when nobody is signed in. A damaged file is a failure that names it. */
export const readConfig = async (env: Env): Promise<Config | null> => (await readStored(env)).current;

/** Stores a sign-in, readable by its owner only. Commands go to its hub from now on; the other hubs are kept. */
export async function writeConfig(env: Env, config: Config): Promise<string> {
  const { current, others } = await readStored(env);
  const before = current ? [current, ...others] : others;
  await writeStored(env, { current: config, others: before.filter(({ hub }) => hub !== config.hub) });
  return configPath(env);
}

/**
 * Forgets the sign-in at a hub.
 * @param hub The hub that commands go to, unless said.
 * @returns What was forgotten. Null when nobody was signed in there.
 */
export async function removeConfig(env: Env, hub?: string): Promise<Config | null> {
  const { current, others } = await readStored(env);
  const wanted = hub ?? current?.hub;
  const isWanted = (config: Config) => config.hub === wanted;
  const gone = [...(current ? [current] : []), ...others].find(isWanted);
  if (!gone) return null;
  await writeStored(env, {
    current: current && !isWanted(current) ? current : null,
    others: others.filter((config) => !isWanted(config)),
  });
  return gone;
}

/** The hub and token to use now: the environment before the stored file. */
export async function currentConfig(env: Env): Promise<Config> {
  const token = env.RUSTRONAUT_TOKEN;
  const hub = env.RUSTRONAUT_HUB ? hubOrigin(env.RUSTRONAUT_HUB) : undefined;
  if (hub && token) return { hub, token };
  const { current, others } = await readStored(env);
  // A stored token belongs to the hub that it was stored with: never send it to another one.
  const known = current ? [current, ...others] : others;
  const found = hub ? known.find((config) => config.hub === hub) : current;
  if (found) return token ? { ...found, token } : found;
  throw new Failure(EXIT.unauthorised, hub ? `You are not signed in to ${hub}` : "You are not signed in", {
    hint: hub
      ? `Run \`rustronaut login ${hub}\`, or set RUSTRONAUT_TOKEN.`
      : signInHint(others.map((config) => config.hub)),
  });
}

const signInHint = (hubs: readonly string[]): string =>
  hubs.length === 0
    ? "Run `rustronaut login HUB`, or set RUSTRONAUT_HUB and RUSTRONAUT_TOKEN."
    : `Set RUSTRONAUT_HUB to a hub that you are signed in to (${hubs.join(", ")}), or run \`rustronaut login HUB\`.`;

/**
 * The origin of a hub's address. Plain http only on this machine, since the token travels with each request. A host alone
 * is enough.
 */
export function hubOrigin(text: string): string {
  const url = parseAddress(text);
  if (!url)
    throw new Failure(EXIT.usage, `${text} is not the address of a hub`, {
      hint: "Give one such as https://hub.example.com.",
    });
  if (url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname)))
    return url.origin;
  throw new Failure(EXIT.usage, `${text} would send your token unprotected`, {
    hint: "Use https:// (plain http is only for localhost).",
  });
}

function parseAddress(text: string): URL | null {
  const host = /^([\w-]+(?:\.[\w-]+)+)(?::\d{1,5})?$/.exec(text)?.[1];
  const address = host === undefined ? text : `${isThisMachine(host) ? "http" : "https"}://${text}`;
  return URL.canParse(address) ? new URL(address) : null;
}

function isThisMachine(hostname: string): boolean {
  return /^(.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(hostname);
}
