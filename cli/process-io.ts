import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Io } from "./io.ts";

/** The real process as an `Io`. */
export function processIo(): Io {
  const interruption = new AbortController();
  process.once("SIGINT", () => {
    interruption.abort();
    // A command that does not listen must still end.
    process.once("SIGINT", () => process.exit(130));
  });
  return {
    out: (written) => void process.stdout.write(written),
    err: (written) => void process.stderr.write(written),
    env: process.env,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
    ask,
    readStdin: () => text(process.stdin),
    readFile: (path) => readFile(path, "utf8"),
    writeFile: (path, contents) => writeFile(path, contents),
    interrupted: interruption.signal,
  };
}

async function ask(question: string, options: { readonly secret?: boolean } = {}): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: options.secret ? silent : process.stderr,
    terminal: true,
  });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    if (options.secret) process.stderr.write("\n");
  }
}
