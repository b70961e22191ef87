import { spawn } from "node:child_process";

/**
 * A tool and its arguments. They never pass through a shell, since some come from the hub. Secrets travel in files with
 * mode 0600.
 */
export type Argv = readonly [tool: string, ...args: string[]];

const TIMEOUT_MS = 20_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** A tool failed. The message names the command and what the tool said. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly argv: Argv;
  readonly stderr: string;
  /** True when the tool is not installed. */
  readonly missing: boolean;

  constructor(argv: Argv, said: string, missing = false) {
    super(`\`${argv.join(" ").slice(0, 300)}\` failed: ${said.trim().slice(0, 500)}`);
    this.argv = argv;
    this.stderr = said;
    this.missing = missing;
  }
}

export const TOOL_PATH = `${process.env.PATH ?? "/usr/bin:/bin"}:/usr/local/sbin:/usr/sbin:/sbin`;

const REMEMBERED = 64;
const recent: (number | undefined)[] = [];

/** Whether a process was one of the last tools that the agent ran. */
export const wasOwnTool = (pid: number): boolean => recent.includes(pid);

/**
 * Runs a tool until it ends, and gives its standard output.
 * @param input The tool's standard input. It saves a file, so that the protection of the machine works on a full disk,
 *   too.
 * @throws CommandFailed when the tool is missing, ends with another code than 0, or takes longer than 20 s.
 */
export function run(
  argv: Argv,
  { env = {}, input }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<string> {
  const [tool, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { PATH: TOOL_PATH, LC_ALL: "C", ...env },
    });
    recent.push(child.pid);
    if (recent.length > REMEMBERED) recent.shift();
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    // A tool that ends before it has read its input reports the reason itself.
    child.stdin?.on("error", () => undefined).end(input);
    child.stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT) child.kill("SIGKILL");
      else out.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (errors.length < 64) errors.push(chunk);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new CommandFailed(argv, error.message, error.code === "ENOENT"));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(out).toString("utf8"));
      const said = Buffer.concat(errors).toString("utf8");
      reject(new CommandFailed(argv, said || `it ended with ${code ?? signal}`));
    });
  });
}
