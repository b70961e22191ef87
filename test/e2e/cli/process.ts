import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { run } from "../../../cli/run.ts";

export const BIN = fileURLToPath(new URL("../../../cli/bin.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Moves to the first column and erases all behind it (CSI 1 G, CSI 0 J): a line that is drawn anew begins so. */
const DRAWN_ANEW = "\u001b[1G\u001b[0J";

/** What a terminal shows after these bytes. */
function screenOf(bytes: string): string {
  const lines = bytes.replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => stripVTControlCharacters(line.split(DRAWN_ANEW).at(-1) ?? "")).join("\n");
}

/** One person's command line, with a home of its own. */
export class Shell {
  readonly home: string;
  /** What opens an address for the person; null on a machine without a browser. */
  browser: ((url: string) => Promise<boolean>) | null = null;

  constructor(home: string) {
    this.home = home;
  }

  static async open(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), "rustronaut-cli-")));
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /**
   * Runs a command line in this process, which takes a tenth of what another one takes; `input` is its stdin.
   * @param interrupted The person's Ctrl+C.
   */
  async run(
    args: readonly string[],
    input = "",
    seen: (text: string) => void = () => {},
    interrupted = new AbortController().signal,
  ): Promise<Ended> {
    let [out, err] = ["", ""];
    const code = await run(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
        seen(text);
      },
      env: { HOME: this.home, XDG_CONFIG_HOME: this.home },
      columns: null,
      interactive: false,
      ask: () => Promise.reject(new Error("nobody is there to be asked")),
      openBrowser: this.browser,
      machine: "build-7",
      readStdin: async () => input,
      readFile: (path) => readFile(path, "utf8"),
      writeFile: (path, text) => writeFile(path, text),
      interrupted,
    });
    return { code, out, err };
  }

  /**
   * Runs the program in a terminal of its own, where it may ask. Each answer is typed once the text before it was seen;
   * `out` is all that the person sees.
   */
  atTerminal(args: readonly string[], ...dialogue: readonly (readonly [seen: string, typed: string])[]) {
    return new Promise<Omit<Ended, "err">>((resolve, reject) => {
      const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(" ");
      const env = { PATH: process.env.PATH, HOME: this.home, XDG_CONFIG_HOME: this.home, TERM: "xterm" };
      const child = spawn("script", ["-qec", command, "/dev/null"], { env });
      const open = [...dialogue];
      let out = "";
      child.stdout.on("data", (chunk) => {
        out += chunk;
        const [seen, typed] = open[0] ?? [];
        if (seen === undefined || !screenOf(out).includes(seen)) return;
        open.shift();
        child.stdin.write(typed ?? "");
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, out: screenOf(out) }));
    });
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
