import { ask } from "../control/client.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { CommandFailed, run } from "../system/exec.ts";
import type { Context } from "./context.ts";
import type { ResolvedNode } from "./control.ts";

const TIMES = "3";

/** Sends echo requests through the tunnel. The rules must allow `icmp` to the node. */
export async function ping(context: Context): Promise<ExitCode> {
  const [, wanted] = context.line.words;
  if (wanted === undefined)
    throw new Failure(EXIT.usage, "usage", "Which node?", "Run `rustronaut-agent ping NODE`.");
  const found = await ask<ResolvedNode>(context.store.directory, { do: "resolve", node: wanted });
  const times = await echoTimes(found.address);
  context.emit({ ...found, timesMs: times }, () =>
    times.length === 0
      ? `${found.name} (${found.address}) does not answer. A rule must allow icmp, and the peer must be up.\n`
      : times.map((ms) => `${found.name} (${found.address}) answered in ${ms} ms\n`).join(""),
  );
  return times.length > 0 ? EXIT.ok : EXIT.unavailable;
}

async function echoTimes(address: string): Promise<number[]> {
  let output: string;
  try {
    output = await run(["ping", "-n", "-c", TIMES, "-i", "0.2", "-W", "2", address]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (error.missing)
      throw new Failure(EXIT.machine, "tool_missing", "Not installed: ping", "Install iputils-ping.");
    return [];
  }
  return [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
}
