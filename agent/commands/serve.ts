import { keepHome } from "../control/home.ts";
import type { Ending } from "../core/life.ts";
import { stderrLog } from "../log.ts";
import { takeLock } from "../state/lock.ts";
import type { Settings } from "../state/store.ts";
import type { Machine } from "../tunnel/machine.ts";
import type { Context } from "./context.ts";
import { controlOf } from "./control.ts";
import { openAgent } from "./open-agent.ts";

/**
 * Joins if this machine has not joined yet. Then runs the agent until something ends it, and answers commands
 * meanwhile.
 * @param prepare Makes the machine ready. It runs once it is certain that no other agent runs here.
 */
export async function serve(
  context: Context,
  settings: Settings,
  prepare: () => Promise<Machine>,
): Promise<Ending> {
  const { store } = context;
  await store.open();
  const lock = await takeLock(store.directory);
  try {
    // The machine's identity must be readable before the agent changes anything.
    await store.read("identity");
    const agent = await openAgent(context, settings, await prepare());
    const home = await keepHome(store, lock, controlOf(agent), stderrLog.warn);
    const onSignal = () => void agent.stop();
    process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
    try {
      return await agent.run();
    } finally {
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
      await home.close();
    }
  } finally {
    await lock.release();
  }
}
