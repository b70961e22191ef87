import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { fromBase64url } from "../../shared/base/base64url.ts";
import { isId } from "../../shared/base/ids.ts";
import { configFolder, type Env } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { isMissing, readIfThere, readSecret, writePrivate } from "../private-file.ts";

/**
 * What an administrator keeps of a network's trust, in a folder of its own: root keys, one file each, and the chain of
 * roots as it was last seen, which a hub must continue and can never replace.
 */
export interface TrustStore {
  readonly network: string;
  readonly keys: () => Promise<RootKey[]>;
  /** Stores a key and gives the path of its file. */
  readonly addKey: (keyId: string, seed: Uint8Array) => Promise<string>;
  readonly removeKey: (key: RootKey) => Promise<void>;
  /** DSSE envelopes, oldest first; empty where the network was never seen. */
  readonly chain: () => Promise<readonly string[]>;
  readonly keepChain: (roots: readonly string[]) => Promise<void>;
}

export interface RootKey {
  readonly keyId: string;
  readonly seed: Uint8Array;
  readonly path: string;
}

const keyFile = z.object({
  type: z.literal("rustronaut-root-key"),
  network: z.string(),
  keyId: z.string(),
  seed: z.string(),
});
const chainFile = z.object({ roots: z.array(z.string()) });

/** @param folder Of all networks; `RUSTRONAUT_TRUST_DIR` or the CLI's own unless given. */
export function trustStore(network: string, env: Env, folder = trustFolder(env)): TrustStore {
  // It becomes part of a path, and comes from the hub.
  if (!isId("network", network))
    throw new Failure(EXIT.denied, "The hub names no network", { detail: `${network} is no network's id.` });
  const own = join(folder, network);
  const chainPath = join(own, "chain.json");
  return {
    network,
    keys: () => readKeys(own, network),
    addKey: async (keyId, seed) => {
      const path = join(own, `${keyId}${KEY}`);
      const file = {
        type: "rustronaut-root-key",
        network,
        keyId,
        seed: Buffer.from(seed).toString("base64url"),
      };
      await writePrivate(path, `${JSON.stringify(file, null, 2)}\n`);
      return path;
    },
    removeKey: ({ path }) => rm(path),
    chain: async () => {
      const text = await readIfThere(chainPath);
      return text === null ? [] : parsed(chainFile, text, chainPath).roots;
    },
    keepChain: (roots) => writePrivate(chainPath, `${JSON.stringify({ roots }, null, 2)}\n`),
  };
}

const KEY = ".key.json";
const trustFolder = (env: Env): string => env.RUSTRONAUT_TRUST_DIR || join(configFolder(env), "trust");

async function readKeys(folder: string, network: string): Promise<RootKey[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const paths = names.filter((name) => name.endsWith(KEY)).map((name) => join(folder, name));
  return Promise.all(
    paths.sort().map(async (path) => {
      const file = parsed(keyFile, await readSecret(path), path);
      const seed = fromBase64url(file.seed);
      if (!seed || file.network !== network) throw damaged(path);
      return { keyId: file.keyId, seed, path };
    }),
  );
}

function parsed<T>(schema: z.ZodType<T>, text: string, path: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // The parser's own message would quote the secret.
    throw damaged(path);
  }
}

const damaged = (path: string): Failure =>
  new Failure(EXIT.failure, `${path} is damaged`, { hint: "Put the file back from its backup." });
