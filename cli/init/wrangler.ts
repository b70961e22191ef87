import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import * as z from "zod/mini";
import type { Env } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** As much of Cloudflare's own command line as setting up a deployment needs. */
export interface Wrangler {
  /** Accounts that it is signed in to; null when it is not signed in. */
  accounts(): Promise<readonly Account[] | null>;
  databases(): Promise<readonly { readonly name: string; readonly uuid: string }[]>;
  createDatabase(name: string): Promise<void>;
  /** Applies the migrations that the database lacks. */
  migrate(database: string): Promise<void>;
  /** Names of the secrets that the Worker has; none while there is no Worker. */
  secrets(): Promise<readonly string[]>;
  /** The value goes by stdin, so that no list of processes and no file shows it. */
  putSecret(name: string, value: string): Promise<void>;
  deleteSecret(name: string): Promise<void>;
  deploy(): Promise<void>;
}

export interface Account {
  readonly id: string;
  readonly name: string;
}

const OWN = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const LAST_LINES = 20;

const whoami = z.object({
  loggedIn: z.boolean(),
  accounts: z.optional(z.array(z.object({ id: z.string(), name: z.string() }))),
});
const databaseList = z.array(z.object({ name: z.string(), uuid: z.string() }));
const secretList = z.array(z.object({ name: z.string() }));

/**
 * @param command An executable in place of the repository's own wrangler.
 * @param config Path of `wrangler.toml`.
 */
export function openWrangler(command: string | undefined, config: string, env: Env): Wrangler {
  const [program, first] = command ? [command, []] : [process.execPath, [OWN]];
  const run = (words: readonly string[], input = "") =>
    ended(program, [...first, ...words, "--config", config], env, input);
  const must = async (words: readonly string[], input?: string): Promise<string> => {
    const { code, out, err } = await run(words, input);
    if (code === 0) return out;
    throw new Failure(EXIT.failure, `\`wrangler ${words.join(" ")}\` failed`, {
      detail: lastLines([out, err].join("\n")),
      hint: "Mend what it says, then run this command again: it goes on where it stopped.",
    });
  };
  return {
    accounts: async () => {
      const { code, out } = await run(["whoami", "--json"]);
      if (code !== 0) return null;
      const { loggedIn, accounts = [] } = readJson(whoami, out, "whoami");
      return loggedIn ? accounts : null;
    },
    databases: async () => readJson(databaseList, await must(["d1", "list", "--json"]), "d1 list"),
    createDatabase: async (name) => void (await must(["d1", "create", name])),
    migrate: async (database) => void (await must(["d1", "migrations", "apply", database, "--remote"])),
    secrets: async () => {
      const words = ["secret", "list", "--format", "json"];
      const { code, out, err } = await run(words);
      if (code !== 0 && /Worker "[^"]*".* not found/.test(out + err)) return [];
      const text = code === 0 ? out : await must(words);
      return readJson(secretList, text, "secret list").map(({ name }) => name);
    },
    putSecret: async (name, value) => void (await must(["secret", "put", name], value)),
    deleteSecret: async (name) => void (await must(["secret", "delete", name])),
    deploy: async () => void (await must(["deploy"])),
  };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Without a terminal wrangler asks nothing, and takes the answer that it would suggest. */
function ended(program: string, words: readonly string[], env: Env, input: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: { ...env }, stdio: "pipe" });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.once("error", (error) =>
      reject(
        new Failure(EXIT.failure, "wrangler can't be started", {
          detail: error.message,
          hint: "Run `npm install` in the repository, which brings it.",
        }),
      ),
    );
    child.once("close", (code) => resolve({ code, out, err }));
    // One that ends without reading it says why by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Wrangler may print a banner or a warning before the JSON. */
function readJson<T>(schema: z.ZodMiniType<T>, text: string, what: string): T {
  const begin = text.search(/^[[{]/m);
  try {
    return z.parse(schema, JSON.parse(text.slice(Math.max(begin, 0))));
  } catch {
    throw new Failure(EXIT.failure, `What \`wrangler ${what}\` printed can't be read`, {
      detail: lastLines(text),
      hint: "This command knows the wrangler of package.json: run `npm install`, or leave --wrangler out.",
    });
  }
}

const lastLines = (text: string): string =>
  stripVTControlCharacters(text).trim().split("\n").slice(-LAST_LINES).join("\n");
