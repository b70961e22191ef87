import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { median } from "./result.ts";

const ROUNDS = 9;
const BUILT = resolve("cli/bin.js");
const SOURCES = resolve("cli/main.ts");
/** Says on a descriptor of its own what the process took until its end. */
const METER = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String((user + system) / 1000));
  });`)}`;

/** CPU of whole commands in ms: start, work, end. The hub that `apps list` asks is an empty one. */
export async function cliCpu(): Promise<Readonly<Record<string, number>>> {
  const hub = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"items":[],"nextCursor":null}');
  });
  await new Promise<void>((ready) => hub.listen(0, "127.0.0.1", ready));
  const address = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  const commands: Readonly<Record<string, readonly string[]>> = {
    cli_version_cpu_ms: [BUILT, "--version"],
    cli_help_cpu_ms: [BUILT, "--help"],
    cli_list_cpu_ms: [BUILT, "apps", "list"],
    cli_list_from_sources_cpu_ms: [SOURCES, "apps", "list"],
  };
  const taken = Object.keys(commands).map((name) => [name, [] as number[]] as const);
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, each] of taken) each.push(await cpuOf(commands[name] ?? [], address));
  hub.close();
  return Object.fromEntries(taken.map(([name, each]) => [name, median(each)]));
}

function cpuOf(words: readonly string[], hub: string): Promise<number> {
  const env = { ...process.env, RUSTRONAUT_HUB: hub, RUSTRONAUT_TOKEN: "rnat_bench" };
  const child = spawn(process.execPath, ["--import", METER, ...words], {
    env,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let said = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      if (code === 0) done(Number(said));
      else fail(new Error(`\`${words.join(" ")}\` ended with ${code}`));
    });
  });
}
