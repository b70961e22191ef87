import { createSocket } from "node:dgram";
import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { InterfaceKind, OwnAddress } from "../telemetry/endpoint-order.ts";
import { canonicalAddress } from "../tunnel/addresses.ts";

/** The machine's addresses, except loopback and link-local addresses and those of `ownInterface`. */
export function ownAddresses(ownInterface: string): OwnAddress[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => name !== ownInterface)
    .flatMap(([interfaceName, list]) =>
      (list ?? [])
        .filter(({ internal, address }) => !internal && isReachable(address))
        .map(({ address }) => ({
          interfaceName,
          kind: kindOf(interfaceName),
          address: canonicalAddress(address) ?? address,
        })),
    );
}

/** Whether an address is neither link-local nor multicast. */
const isReachable = (address: string): boolean => !/^(fe[89ab]|ff|169\.254\.|2[2-5]\d\.)/i.test(address);

/** Names that container engines and hypervisors give to bridges. They count on a machine whose /sys says nothing. */
const BRIDGES = /^(br-|docker|podman|cni|virbr|lxc|lxd|veth|vnet|flannel|cali|cbr)/;
const OVERLAYS = /^(wg|tun|tap|tailscale|zt|nebula|utun|ppp|vxlan|geneve)/;

function kindOf(name: string): InterfaceKind {
  const about = (file: string) => `/sys/class/net/${name}/${file}`;
  if (existsSync(about("tun_flags")) || OVERLAYS.test(name)) return "overlay";
  if (/^DEVTYPE=(wireguard|vxlan|geneve|sit|gre)/m.test(readOr(about("uevent"), ""))) return "overlay";
  if (existsSync(about("bridge")) || existsSync(about("brport")) || BRIDGES.test(name)) return "bridge";
  return existsSync(about("device")) ? "device" : "other";
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

/**
 * The own address from which packets to `target` would leave now, or null when no route leads there. It sends nothing:
 * connecting a datagram socket only asks the routing table.
 */
export function sourceTowards(target: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(target) ? "udp6" : "udp4");
    const end = (source: string | null) => {
      socket.close();
      resolve(source);
    };
    socket.once("error", () => end(null));
    try {
      // The port does not matter.
      socket.connect(9, target, () => end(canonicalAddress(socket.address().address)));
    } catch {
      end(null);
    }
  });
}
