/** The order in which a machine names the endpoints where peers may reach it. The hub takes only the first few. */

/** What an interface is. */
export type InterfaceKind = "device" | "other" | "bridge" | "overlay";

export interface OwnAddress {
  readonly interfaceName: string;
  readonly kind: InterfaceKind;
  /** The address in canonical text. */
  readonly address: string;
}

export interface Vantage {
  /** The addresses that the hub saw, one of each family. They may belong to an address translator. */
  readonly seenByHub: readonly string[];
  /** The machine's own addresses from which its packets to the hub and to live peers leave. */
  readonly sources: ReadonlySet<string>;
}

/** The kinds, best first. The last two lead into another network: containers behind a bridge, or another mesh. */
const KINDS: readonly InterfaceKind[] = ["device", "other", "bridge", "overlay"];

/**
 * Orders the endpoints, best first. First come the addresses that the hub sees, then the addresses from which packets
 * to the hub and to peers leave, then the other addresses of those interfaces. Real devices come before bridges and
 * other tunnels. In a group, IPv4 comes before IPv6.
 */
export function orderEndpoints(own: readonly OwnAddress[], vantage: Vantage, port: number): string[] {
  const used = new Set(
    own.filter(({ address }) => vantage.sources.has(address)).map(({ interfaceName }) => interfaceName),
  );
  const standing = ({ address, interfaceName, kind }: OwnAddress): number => {
    if (vantage.sources.has(address)) return 0;
    return used.has(interfaceName) ? 1 : 2 + KINDS.indexOf(kind);
  };
  const ordered = own
    .map((one, at) => ({ ...one, at, standing: standing(one), isIpv6: one.address.includes(":") }))
    .sort((a, b) => a.standing - b.standing || Number(a.isIpv6) - Number(b.isIpv6) || a.at - b.at)
    .map(({ address }) => address);
  return [...new Set([...vantage.seenByHub, ...ordered])].map((address) =>
    address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
  );
}
