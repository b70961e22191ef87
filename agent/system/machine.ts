import type { Machine } from "../tunnel/machine.ts";
import { otherFirewalls } from "./firewalls.ts";
import { readFlows, removeFlows } from "./flow-table.ts";
import { doubtFilter, readCounters } from "./nft.ts";
import { loadRelayTable, removeRelayTable } from "./relay-table.ts";
import { kernelFamilies } from "./routes.ts";
import { RuleCounters } from "./rule-counters.ts";
import { readForwards } from "./sysctl.ts";
import { observe, observeDevice, type Place, perform, removeEverything } from "./system.ts";
import { SystemWatch } from "./watch.ts";
import { dropPeers, nudgePeers, pointPeer, readDevice, setPeers } from "./wg.ts";

/** The machine under the tunnel: WireGuard, `ip`, nftables and the kernel's settings. */
export function machineAt(place: Place): Machine {
  const { interfaceName } = place;
  const counters = new RuleCounters(() => readCounters(interfaceName));
  return {
    get families() {
      return kernelFamilies();
    },
    observe: () => observe(place),
    observeDevice: () => observeDevice(place),
    perform: (step, privateKeys) => {
      const work = () => perform(step, place, privateKeys);
      return step.do === "load-filter" ? counters.keptOver(work) : work();
    },
    readDevice: () => readDevice(interfaceName),
    setPeers: (changes) => setPeers(interfaceName, changes),
    nudgePeers: (changes) => nudgePeers(interfaceName, changes),
    pointPeer: (publicKey, endpoint) => pointPeer(interfaceName, publicKey, endpoint),
    dropPeers: () => dropPeers(interfaceName),
    clear: (keepsExit) => removeEverything(place, keepsExit),
    watch: (listener) => {
      const watch = new SystemWatch(interfaceName, {
        ...listener,
        // Whoever changed the table may have done so before the agent noted what the kernel has.
        onTableTouched: () => doubtFilter(place),
      });
      void watch.start();
      return watch;
    },
    doubtFilter: () => doubtFilter(place),
    otherFirewalls: (passage) => otherFirewalls({ interfaceName, ...passage }),
    readFlows: (overlay) => readFlows(interfaceName, overlay),
    setRelayTable: (table) =>
      table ? loadRelayTable({ interfaceName, ...table }) : removeRelayTable(interfaceName),
    readForwards,
    dropFlows: () => removeFlows(interfaceName),
    readHits: () => counters.read(),
  };
}
