import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { buildAgent, WITHOUT_ADDONS } from "./build-agent.ts";

/**
 * Makes a single executable of the node agent (https://nodejs.org/api/single-executable-applications.html).
 * It uses the Node binary that npm installed for this architecture, so that a machine doesn't need its own
 * Node.
 */

/**
 * The agent waits nearly all the time, so these flags prefer low memory to speed. Cryptography is native code
 * and stays fast.
 */
const FLAGS = ["--max-semi-space-size=1", "--lite-mode", "--disable-warning=ExperimentalWarning"];
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

export const EXECUTABLE = "rustronaut-agent";
const NOTE = "rustronaut-agent.json";

/** A note in the same folder as an executable. The note describes the executable. */
export interface ExecutableNote {
  /** Node's name for the architecture. */
  readonly arch: string;
  readonly sha256: string;
  /**
   * The hash of the bundle of the same source. With it, `build-downloads.ts` sees whether the executable
   * matches the current source.
   */
  readonly bundleSha256: string;
}

/** Null if no executable was built. */
export const executableNote = (outdir = "dist/agent"): Promise<ExecutableNote | null> =>
  readFile(join(outdir, NOTE), "utf8").then(JSON.parse, () => null);

export async function buildExecutable(outdir = "dist/agent"): Promise<string> {
  const require = createRequire(import.meta.url);
  const node = require.resolve(`node-linux-${process.arch}/bin/node`);
  const work = join(outdir, "sea");
  await mkdir(work, { recursive: true });
  const script = join(work, "agent.cjs");
  await build({
    entryPoints: ["agent/main.ts"],
    outfile: script,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node24",
    define: WITHOUT_ADDONS,
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "warning",
  });
  const blob = join(work, "agent.blob");
  const config = join(work, "sea.json");
  const settings = {
    main: script,
    output: blob,
    execArgv: FLAGS,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  };
  await writeFile(config, JSON.stringify(settings));
  // Node uses the code cache only with the flags that the cache was made with.
  execFileSync(node, [...FLAGS, "--experimental-sea-config", config], { stdio: "pipe" });
  const executable = join(outdir, EXECUTABLE);
  await copyFile(node, executable);
  const postject = require.resolve("postject/dist/cli.js");
  execFileSync(node, [postject, executable, "NODE_SEA_BLOB", blob, "--sentinel-fuse", FUSE], {
    stdio: "pipe",
  });
  await chmod(executable, 0o755);
  await rm(work, { recursive: true });
  const [sha256, bundleSha256] = [await hashOf(executable), await hashOf(await buildAgent(outdir))];
  const note: ExecutableNote = { arch: process.arch, sha256, bundleSha256 };
  await writeFile(join(outdir, NOTE), JSON.stringify(note));
  return executable;
}

const hashOf = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

if (import.meta.main) {
  const executable = await buildExecutable();
  process.stdout.write(`${(await executableNote())?.sha256}  ${executable}\n`);
}
