import { pause } from "../../shared/base/async/timer.ts";
import { Connector } from "../connector/connector.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure, messageOf } from "../failure.ts";
import { HubConnection } from "../hub/connection.ts";
import { consequenceOf } from "../hub/consequence.ts";
import { pauseAfter } from "../hub/pace.ts";
import { hubOf } from "../hub/trust.ts";
import { stderrLog } from "../log.ts";
import { takeLock } from "../state/lock.ts";
import { demandClock, demandNode } from "../system/preflight.ts";
import { timer } from "../timer.ts";
import type { Context } from "./context.ts";
import { openMember } from "./open-agent.ts";

/**
 * Joins if this machine has not joined yet, then serves private apps until a signal comes. It makes no interface and
 * changes nothing on the machine, so it needs neither root nor capabilities.
 */
export async function connect(context: Context): Promise<ExitCode> {
  demandNode();
  demandClock();
  const { store, line } = context;
  const dialList = line.up.dial ?? [];
  if (dialList.length === 0)
    throw new Failure(
      EXIT.usage,
      "usage",
      "connect lacks what it may dial",
      "Name the host and port of each private app with --dial, such as --dial wiki.internal:8080.",
    );
  await store.open();
  const lock = await takeLock(store.directory);
  try {
    const { membership, keys, roots, way, crypto } = await openMember(context, [], async () => undefined);
    const root = roots.at(-1) ?? roots[0];
    const connection = new HubConnection({
      store,
      crypto,
      send: way.send,
      node: membership.node,
      keys: () => keys,
      hub: () => hubOf(membership.hub, root),
    });
    const connector = new Connector({
      hub: membership.hub,
      connection,
      way,
      dialList,
      weight: line.up.weight ?? 1,
      log: stderrLog,
    });
    await runUntilSignal(connector);
    return EXIT.ok;
  } finally {
    await lock.release();
  }
}

async function runUntilSignal(connector: Connector): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  let failures = 0;
  while (!stop.signal.aborted) {
    let wait: number;
    try {
      wait = (await connector.ask()) * 1_000;
      failures = 0;
    } catch (error) {
      if (consequenceOf(error).standing === "ended") throw error;
      wait = pauseAfter(++failures, 0, Math.random());
      stderrLog.warn(messageOf(error));
    }
    await Promise.race([pause(timer, wait), stopped]);
  }
  await connector.stop();
  process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
}
