import { ask } from "../control/client.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { holderOf, takeLock } from "../state/lock.ts";
import { MEMBERSHIP_FILES } from "../state/store.ts";
import { machineAt } from "../system/machine.ts";
import { demandRoot, demandTools } from "../system/preflight.ts";
import { hasTraces, removeEverything } from "../system/system.ts";
import { type Context, placeOf, settingsOf } from "./context.ts";
import { openAgent } from "./open-agent.ts";

/** Ends the agent and removes all its traces from the system. It also works when no agent runs. */
export async function down(context: Context): Promise<ExitCode> {
  demandRoot();
  await endAgent(context, "down");
  await clear(context);
  context.emit({ down: true }, () => "The tunnel is down.\n");
  return EXIT.ok;
}

/** Leaves the network for good. */
export async function logout(context: Context): Promise<ExitCode> {
  demandRoot();
  // A damaged membership can be forgotten, too.
  const membership = await context.store.recall("membership");
  if (!membership && context.store.conditions.length === 0)
    throw new Failure(EXIT.notFound, "not_enrolled", "This machine is no node of a network");
  const { hubWasTold = false } =
    (await endAgent(context, "logout")) ?? (membership?.ended === null ? await leave(context) : {});
  await clear(context);
  await context.store.remove(...MEMBERSHIP_FILES);
  context.emit({ loggedOut: true, hubWasTold }, () =>
    hubWasTold
      ? `This machine has left ${membership?.network}.\n`
      : `This machine has forgotten ${membership?.network ?? "its network"}, but the hub could not be told: delete the node ${membership?.name ?? "of this machine"} there.\n`,
  );
  return EXIT.ok;
}

/** Leaves the network when no agent runs. */
async function leave(context: Context): Promise<{ hubWasTold: boolean }> {
  const lock = await takeLock(context.store.directory);
  try {
    const settings = await settingsOf(context);
    const agent = await openAgent(context, settings, machineAt(placeOf(context, settings)));
    return await agent.logout();
  } catch (error) {
    if (error instanceof Failure && error.code === "state_damaged") return { hubWasTold: false };
    throw error;
  } finally {
    await lock.release();
  }
}

async function endAgent(
  { store }: Context,
  what: "down" | "logout",
): Promise<{ hubWasTold?: boolean } | null> {
  try {
    return await ask(store.directory, { do: what });
  } catch (error) {
    if (!(error instanceof Failure && error.code === "not_running")) throw error;
    const holder = await holderOf(store.directory);
    if (holder === null) return null;
    throw new Failure(
      EXIT.conflict,
      "agent_silent",
      `The agent (process ${holder}) does not answer`,
      `End it with \`kill ${holder}\` and try again.`,
    );
  }
}

async function clear(context: Context): Promise<void> {
  demandTools();
  const place = placeOf(context, await settingsOf(context));
  // Another program may own an interface of that name if neither the files nor the system say that the agent owns it.
  const isKnown = (await context.store.settings()) !== null || context.store.conditions.length > 0;
  if (!isKnown && !(await hasTraces(place.interfaceName))) return;
  await removeEverything(place);
}
