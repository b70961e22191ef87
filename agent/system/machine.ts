import type { Machine } from "../tunnel/machine.ts";
import { otherFirewalls } from "./firewalls.ts";
import { readFlows, removeFlows } from "./flow-table.ts";
import { kernelFamilies } from "./routes.ts";
import { observe, observeDevice, type Place, perform, removeEverything } from "./system.ts";
import { SystemWatch } from "./watch.ts";
import { dropPeers, nudgePeers, readDevice, setPeers } from "./wg.ts";

/** The machine under the tunnel: WireGuard, `ip`, nftables and the kernel's settings. */
export function machineAt(place: Place): Machine {
  const { interfaceName } = place;
  return {
    get families() {
      return kernelFamilies();
    },
    observe: () => observe(place),
    observeDevice: () => observeDevice(place),
    perform: (step, privateKeys) => perform(step, place, privateKeys),
    readDevice: () => readDevice(interfaceName),
    setPeers: (changes) => setPeers(interfaceName, changes),
    nudgePeers: (changes) => nudgePeers(interfaceName, changes),
    dropPeers: () => dropPeers(interfaceName),
    clear: (keepsExit) => removeEverything(place, keepsExit),
    watch: (onChange) => {
      const watch = new SystemWatch(interfaceName, onChange);
      void watch.start();
      return watch;
    },
    otherFirewalls: (passage) => otherFirewalls({ interfaceName, ...passage }),
    readFlows: (overlay) => readFlows(interfaceName, overlay),
    dropFlows: () => removeFlows(interfaceName),
  };
}
