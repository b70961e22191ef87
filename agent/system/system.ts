import { messageOf } from "../failure.ts";
import type { Step } from "../tunnel/plan.ts";
import { NOTHING, type Observed } from "../tunnel/tunnel.ts";
import { raiseFence, readFence, removeFence } from "./fence.ts";
import { removeFlows } from "./flow-table.ts";
import { readHosts, writeHosts } from "./hosts.ts";
import { addAddress, bringUp, createLink, readLink, removeAddress, removeLink, setMtu } from "./link.ts";
import { hasFilter, loadFilter, readFilter, removeFilter } from "./nft.ts";
import { removeRelayTable } from "./relay-table.ts";
import { addRoutes, addRules, readRouting, removeRoutes, removeRouting, removeRules } from "./routes.ts";
import {
  hasIpv6,
  readForwards,
  readMtuProbing,
  readWayBack,
  restoreSettings,
  startForwarding,
  startMtuProbing,
  startWayBack,
} from "./sysctl.ts";
import { changeDevice, readDevice, removePeers, setPeers } from "./wg.ts";

/** Where the agent works on this machine. */
export interface Place {
  readonly interfaceName: string;
  readonly stateDirectory: string;
  readonly hostsFile: string;
}

/**
 * Looks at everything that the agent may have changed.
 * @throws CommandFailed or another error when it could not look at something. This does not mean that the thing is
 *   gone.
 */
export async function observe(place: Place): Promise<Observed> {
  const { interfaceName, hostsFile } = place;
  const [link, device, routing, fence, filter, hosts, forwards, mtuProbing, wayBack, ipv6] =
    await Promise.all([
      readLink(interfaceName),
      readDevice(interfaceName),
      readRouting(interfaceName),
      readFence(interfaceName),
      readFilter(place),
      readHosts(hostsFile, interfaceName).catch(() => null),
      readForwards(),
      readMtuProbing(),
      readWayBack(),
      hasIpv6(interfaceName),
    ]);
  return { link, device, ...routing, fence, filter, hosts, forwards, mtuProbing, wayBack, ipv6 };
}

/** Looks at the WireGuard device only. This is enough to plan removals, and not enough to plan anything else. */
export async function observeDevice({ interfaceName }: Place): Promise<Observed> {
  const device = await readDevice(interfaceName).catch(() => null);
  return { ...NOTHING, link: { mtu: 0, up: true, addresses: [] }, device };
}

/**
 * Carries out one step.
 * @param privateKey Gives the base64 private key that belongs to a public key.
 * @throws CommandFailed or Failure when the system refuses; then the step has not happened.
 */
export async function perform(
  step: Step,
  place: Place,
  privateKey: (publicKey: string) => Promise<string>,
): Promise<void> {
  const name = place.interfaceName;
  switch (step.do) {
    case "create-link":
      await createLink(name);
      return;
    case "remove-link":
      return removeLink(name);
    case "set-key":
      return changeDevice(name, { privateKey: await privateKey(step.publicKey) });
    case "set-port":
      return changeDevice(name, { listenPort: step.port });
    case "set-mark":
      return changeDevice(name, { mark: step.mark });
    case "set-peers":
    case "shrink-peers":
      return setPeers(name, step.peers);
    case "remove-peers":
      return removePeers(name, step.keys);
    case "load-filter":
      return loadFilter(place, step.text, Date.now() + step.skewMs);
    case "raise-fence":
      return raiseFence(name, step.port);
    case "add-addresses":
      for (const prefix of step.prefixes) await addAddress(name, prefix);
      return;
    case "remove-addresses":
      for (const prefix of step.prefixes) await removeAddress(name, prefix);
      return;
    case "set-mtu":
      return setMtu(name, step.mtu);
    case "link-up":
      return bringUp(name);
    case "probe-mtu":
      return startMtuProbing(place.stateDirectory);
    case "mark-way-back":
      return startWayBack(place.stateDirectory);
    case "forward":
      return startForwarding(step.families, place.stateDirectory);
    case "close-exit":
    case "add-routes":
      return addRoutes(name, step.routes);
    case "remove-routes":
      return removeRoutes(name, step.routes);
    case "add-rules":
      return addRules(step.rules, name);
    case "remove-rules":
      return removeRules(step.rules, name);
    case "write-hosts":
      return writeHosts(place.hostsFile, name, step.entries);
  }
}

/** Whether an agent worked under this name. It looks for names and numbers that only the agent uses. */
export async function hasTraces(interfaceName: string): Promise<boolean> {
  const [table, fence, { routingRules }] = await Promise.all([
    hasFilter(interfaceName),
    readFence(interfaceName),
    readRouting(interfaceName),
  ]);
  return table || fence !== null || routingRules.length > 0;
}

/**
 * Removes everything that the agent put into the system. A second call does no harm. If it can't remove one thing, it
 * still removes the rest. The filter goes last, when the interface that it guards is gone.
 * @param keepsExit Keeps the rules and the closed route that hold back the traffic for the exit node.
 * @throws Error that names everything that is left.
 */
export async function removeEverything(place: Place, keepsExit = false): Promise<void> {
  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      failures.push(`${what}: ${messageOf(error)}`);
      return false;
    }
  };
  if (!keepsExit) await attempt("routes and rules", () => removeRouting(place.interfaceName));
  const isLinkGone = await attempt("the interface", () => removeLink(place.interfaceName));
  await attempt("the names", () => writeHosts(place.hostsFile, place.interfaceName, []));
  await attempt("kernel settings", () => restoreSettings(place.stateDirectory));
  await attempt("the table of flows", () => removeFlows(place.interfaceName));
  await attempt("what it relays", () => removeRelayTable(place.interfaceName));
  if (isLinkGone) {
    await attempt("the fence", () => removeFence(place.interfaceName));
    await attempt("the filter", () => removeFilter(place.interfaceName));
  }
  if (failures.length > 0) throw new Error(`Not all could be taken away. ${failures.join("; ")}`);
}
