import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildClient } from "../../../scripts/build-client.ts";

/** Node does not resolve names below localhost by itself; a hub that is deployed has a name in DNS. */
const RESOLVES_LOCALHOST = `const dns = require("node:dns"), { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);`;

const run = (cwd: string, command: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
};

/** Packs the client, installs it alone in an empty folder, and compiles `consumer.ts` there. @returns The folder. */
export async function installClient(): Promise<string> {
  const built = resolve(await buildClient());
  const folder = mkdtempSync(join(tmpdir(), "rustronaut-client-"));
  const tarball = run(folder, "npm", "pack", "--silent", built).trim();
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  run(folder, "npm", "install", "--offline", "--silent", "--no-audit", `./${tarball}`);
  copyFileSync(join(import.meta.dirname, "consumer.ts"), join(folder, "consumer.ts"));
  writeFileSync(join(folder, "localhost.cjs"), RESOLVES_LOCALHOST);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--types", ""];
  run(
    folder,
    "tsc",
    "consumer.ts",
    "--ignoreConfig",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022",
    ...strict,
  );
  return folder;
}

/** Runs the compiled consumer. @returns What it printed. */
export const runConsumer = (folder: string, node: string, ...args: string[]): unknown =>
  JSON.parse(run(folder, node, "--require", "./localhost.cjs", "consumer.js", ...args));

/** This Node, and the system's where it is another: the package promises 20. */
export function nodesHere(): string[] {
  const own = realpathSync(process.execPath);
  const others = run("/", "which", "-a", "node")
    .trim()
    .split("\n")
    .map((path) => realpathSync(path));
  return [...new Set([own, ...others])];
}
