import { serveControl } from "../control/server.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Ending } from "../node-agent.ts";
import { takeLock } from "../state/lock.ts";
import type { Settings } from "../state/store.ts";
import { readLink } from "../system/link.ts";
import {
  demandClock,
  demandFreePort,
  demandNode,
  demandRoot,
  demandTools,
  demandTunnel,
} from "../system/preflight.ts";
import { removeEverything } from "../system/system.ts";
import { type Context, settingsOf } from "./context.ts";
import { controlOf } from "./control.ts";
import { detach } from "./detach.ts";
import { openAgent } from "./open-agent.ts";

/** Joins if this machine has not joined yet, then keeps the tunnel until something ends it. */
export async function up(context: Context): Promise<ExitCode> {
  demandNode();
  demandRoot();
  demandTools();
  demandClock();
  if (context.line.up.detach) return detach(context);
  const { store } = context;
  await store.open();
  const lock = await takeLock(store.directory);
  try {
    const settings = await settingsOf(context);
    await settle(context, settings);
    const agent = await openAgent(context, settings);
    const control = await serveControl(store.directory, controlOf(agent));
    const onSignal = () => agent.stop();
    process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
    try {
      return endingCode(await agent.run(), context);
    } finally {
      await control.close();
    }
  } finally {
    await lock.release();
  }
}

function endingCode(ending: Ending, { store }: Context): ExitCode {
  if (ending !== "revoked") return EXIT.ok;
  throw new Failure(
    EXIT.refused,
    "membership_ended",
    "The hub has ended this node's membership; the tunnel is down",
    `To join again: rustronaut-agent up --hub URL --key rnek_… (state in ${store.directory})`,
  );
}

/** Checks the place, and clears the one before when the settings have changed. On disk before anything is touched. */
async function settle({ store }: Context, settings: Settings): Promise<void> {
  const before = await store.read("settings");
  const placeOf = ({ interfaceName, hostsFile }: Settings) => ({
    interfaceName,
    hostsFile,
    stateDirectory: store.directory,
  });
  if (before && (before.interfaceName !== settings.interfaceName || before.hostsFile !== settings.hostsFile))
    await removeEverything(placeOf(before));
  const isOurs = before?.interfaceName === settings.interfaceName;
  if (!isOurs && (await readLink(settings.interfaceName)) !== null)
    throw new Failure(
      EXIT.conflict,
      "interface_taken",
      `There is an interface ${settings.interfaceName} already, and it is not the agent's`,
      "Choose another name with --interface, or remove it with `ip link del`.",
    );
  await demandFreePort(settings.interfaceName, settings.listenPort);
  await demandTunnel(settings.interfaceName);
  await store.write("settings", settings);
}
