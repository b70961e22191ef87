/** In which order a machine names the places where peers may reach it: the hub takes only the first few. */

/** What an interface is. */
export type InterfaceKind = "device" | "other" | "bridge" | "overlay";

export interface OwnAddress {
  readonly interfaceName: string;
  readonly kind: InterfaceKind;
  /** Canonical. */
  readonly address: string;
}

export interface Vantage {
  /** The addresses that the hub saw, one of each family. They may be a translator's. */
  readonly seenByHub: readonly string[];
  /** The machine's own addresses from which its packets to the hub and to live peers leave. */
  readonly sources: ReadonlySet<string>;
}

/** Last what is another network's inside: containers behind a bridge, or another mesh. */
const KINDS: readonly InterfaceKind[] = ["device", "other", "bridge", "overlay"];

/**
 * Best first: what the hub sees, what packets to the hub and to peers really come from, the other addresses of those
 * interfaces, then real devices before bridges and tunnels of others. IPv4 comes before IPv6 of the same standing.
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
