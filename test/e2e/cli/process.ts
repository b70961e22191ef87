import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../cli/run.ts";

const BIN = fileURLToPath(new URL("../../../cli/bin.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One person's command line, with a home of its own. */
export class Shell {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  static async open(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), "rustronaut-cli-")));
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /** Runs a command line in this process, which takes a tenth of what another one takes; `input` is its stdin. */
  async run(args: readonly string[], input = ""): Promise<Ended> {
    let [out, err] = ["", ""];
    const code = await run(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      env: { HOME: this.home, XDG_CONFIG_HOME: this.home },
      columns: null,
      interactive: false,
      ask: () => Promise.reject(new Error("nobody is there to be asked")),
      readStdin: async () => input,
      readFile: (path) => readFile(path, "utf8"),
      writeFile: (path, text) => writeFile(path, text),
      interrupted: new AbortController().signal,
    });
    return { code, out, err };
  }

  /** Runs the program as a user would. It is interrupted once `done` says so of what it printed. */
  start(args: readonly string[], input = "", done?: (out: string) => boolean): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const env = { PATH: process.env.PATH, HOME: this.home, XDG_CONFIG_HOME: this.home };
      const child = spawn(process.execPath, [BIN, ...args], { env });
      let [out, err] = ["", ""];
      child.stdout.on("data", (chunk) => {
        out += chunk;
        if (done?.(out)) child.kill("SIGINT");
      });
      child.stderr.on("data", (chunk) => {
        err += chunk;
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });
  }
}
