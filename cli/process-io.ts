import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { text } from "node:stream/consumers";
import { fileFailure } from "./file-failure.ts";
import type { Io } from "./io.ts";
import { browserOf } from "./sign-in/open-browser.ts";
import { ask } from "./terminal.ts";

/** The real process as an `Io`. */
export function processIo(): Io {
  let interruption: AbortController | undefined;
  return {
    out: (written) => void process.stdout.write(written),
    err: (written) => void process.stderr.write(written),
    env: process.env,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
    ask,
    openBrowser: browserOf(process.env, process.platform),
    machine: hostname(),
    readStdin: () => text(process.stdin),
    readFile: (path) =>
      readFile(path, "utf8").catch((error) => {
        throw fileFailure(error, path) ?? error;
      }),
    writeFile: (path, contents) => writeFile(path, contents),
    // Only a command that looks at it catches Ctrl+C; every other one is ended by it.
    get interrupted() {
      interruption ??= interruptionOf();
      return interruption.signal;
    },
  };
}

function interruptionOf(): AbortController {
  const interruption = new AbortController();
  process.once("SIGINT", () => {
    interruption.abort();
    // Whoever asks twice does not want to wait for the end of what goes on.
    process.once("SIGINT", () => process.exit(130));
  });
  return interruption;
}
