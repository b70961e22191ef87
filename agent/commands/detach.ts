import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSea } from "node:sea";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../control/client.ts";
import type { Status } from "../core/status.ts";
import { EXIT, type ExitCode, isExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { demandNoAgent } from "../state/lock.ts";
import type { Context } from "./context.ts";

const PATIENCE_MS = 30_000;

/**
 * Starts the agent as a separate process. Returns when the agent answers. The enrolment key passes through the
 * environment.
 */
export async function detach(context: Context): Promise<ExitCode> {
  const { line, store } = context;
  await store.open();
  await demandNoAgent(store.directory);
  const log = join(store.directory, "agent.log");
  const sink = openSync(log, "a", 0o600);
  const key = line.up.key ?? process.env.RUSTRONAUT_KEY;
  const before = readFileSync(log).length;
  const child = spawn(process.execPath, [...scriptOf(), ...argumentsOf()], {
    detached: true,
    stdio: ["ignore", sink, sink],
    cwd: "/",
    env: { ...process.env, ...(key ? { RUSTRONAUT_KEY: key } : {}) },
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.unref();
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const code = await Promise.race([ended, sleep(200, undefined)]);
    if (code !== undefined)
      throw new Failure(
        isExitCode(code) ? code : EXIT.failure,
        "agent_ended",
        readFileSync(log).subarray(before).toString("utf8").trim() || `The agent ended with ${code}`,
        `Its log: ${log}`,
      );
    try {
      const status = await ask<Status>(store.directory, { do: "status" });
      if (status.standing === "starting") continue;
      context.emit(
        status,
        () => `The agent runs as process ${child.pid}: ${status.standing}. Its log: ${log}\n`,
      );
      return EXIT.ok;
    } catch {}
  }
  throw new Failure(
    EXIT.unavailable,
    "agent_slow",
    "The agent runs but has not reached its hub",
    `See ${log}.`,
  );
}

/** Under Node, the flags of Node and the script come before the arguments. A single executable holds both. */
const scriptOf = (): string[] => (isSea() ? [] : [...process.execArgv, ...process.argv.slice(1, 2)]);

/** The arguments as they were given, without the enrolment key and without the option to detach. */
function argumentsOf(): string[] {
  const given = process.argv.slice(2);
  return given.filter(
    (word, at) =>
      word !== "--detach" && word !== "--key" && !word.startsWith("--key=") && given[at - 1] !== "--key",
  );
}
