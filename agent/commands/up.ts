import type { Ending } from "../core/life.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { loadKeys } from "../state/keys.ts";
import type { Settings, Store } from "../state/store.ts";
import { readLink } from "../system/link.ts";
import { machineAt } from "../system/machine.ts";
import {
  demandClock,
  demandFreePort,
  demandNode,
  demandRoot,
  demandTools,
  demandTunnel,
} from "../system/preflight.ts";
import { removeEverything } from "../system/system.ts";
import { readDevice } from "../system/wg.ts";
import { wgText } from "../tunnel/wg-text.ts";
import { type Context, openCrypto, placeOf, settingsOf } from "./context.ts";
import { detach } from "./detach.ts";
import { serve } from "./serve.ts";

/** Joins if this machine has not joined yet, then keeps the tunnel until something ends it. */
export async function up(context: Context): Promise<ExitCode> {
  demandNode();
  demandRoot();
  demandTools();
  demandClock();
  if (context.line.up.detach) return detach(context);
  const settings = await settingsOf(context);
  const place = placeOf(context, settings);
  const ending = await serve(context, settings, async () => {
    await settle(context, settings);
    return machineAt(place);
  });
  return endingCode(ending, context);
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

/** Whether an interface belongs to the agent although no file on the disk says so any more. */
async function holdsOurKey(interfaceName: string, store: Store): Promise<boolean> {
  if ((await store.read("identity")) === null) return false;
  const { current, pending } = await loadKeys(store, await openCrypto());
  const key = (await readDevice(interfaceName))?.publicKey;
  return [current, pending].some((pair) => pair !== null && wgText(pair.wireguard) === key);
}

/**
 * Checks the place, and clears the former place when the settings have changed. Writes the settings to the disk before
 * it changes anything.
 */
async function settle(context: Context, settings: Settings): Promise<void> {
  const { store } = context;
  const before = await store.settings();
  if (before && (before.interfaceName !== settings.interfaceName || before.hostsFile !== settings.hostsFile))
    await removeEverything(placeOf(context, before));
  const { interfaceName } = settings;
  const isOurs = before?.interfaceName === interfaceName || (await holdsOurKey(interfaceName, store));
  if (!isOurs && (await readLink(interfaceName)) !== null)
    throw new Failure(
      EXIT.conflict,
      "interface_taken",
      `There is an interface ${settings.interfaceName} already, and it is not the agent's`,
      "Choose another name with --interface, or remove it with `ip link del`.",
    );
  await demandFreePort(settings.interfaceName, settings.listenPort);
  await demandTunnel(settings.interfaceName);
  // An agent whose settings have not changed must be able to start on a full disk.
  if (JSON.stringify(await store.recall("settings")) !== JSON.stringify(settings))
    await store.writeSettings(settings);
}
