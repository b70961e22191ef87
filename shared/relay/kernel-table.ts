/**
 * The nftables table by which the kernel itself forwards the legs whose ends are proven. It rewrites the addresses of
 * each datagram and tracks no connections, so that what is no longer in the table ends with the next datagram. It holds
 * addresses, numbers and the words below. All other datagrams to a leg's port go to the forwarder in the agent.
 */

export interface KernelLeg {
  /** The UDP port of the pair at this relay. */
  readonly port: number;
  /** `address:port` of each end, both of one family. */
  readonly places: readonly [string, string];
  /** The relay's own address towards each end. */
  readonly sources: readonly [string, string];
  /** The kernel stops by itself then: milliseconds since the Unix epoch. */
  readonly notAfter: number;
}

export interface KernelTable {
  readonly interfaceName: string;
  /** What each leg may carry. */
  readonly bytesPerSecond: number;
  readonly legs: readonly KernelLeg[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The family and name of the table. */
export const relayTable = (interfaceName: string): string => `inet rustronaut-relay-${interfaceName}`;

/** A script that replaces the table as a whole. The kernel takes all of it or nothing. */
export function renderRelayTable({ interfaceName, bytesPerSecond, legs, now }: KernelTable): string {
  const table = relayTable(interfaceName);
  const live = legs.filter(({ notAfter }) => notAfter > now);
  const [rate, burst] = [Math.ceil(bytesPerSecond), Math.ceil(bytesPerSecond / 10)];
  return [
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    "\tset rates { type inet_service; flags dynamic; size 65535; }",
    ...FAMILIES.flatMap((family) => setsOf(family, live, now)),
    "\tchain arrive {",
    "\t\ttype filter hook prerouting priority raw; policy accept",
    ...FAMILIES.map((family) => `\t\t${ARRIVAL[family]} @live${family} jump onward${family}`),
    "\t}",
    "\tchain leave {",
    "\t\ttype filter hook postrouting priority srcnat; policy accept",
    ...FAMILIES.map((family) => `\t\t${PASSAGE[family]} @passages${family} jump name${family}`),
    "\t}",
    ...FAMILIES.flatMap((family) => [
      `\tchain onward${family} {`,
      `\t\tupdate @rates { udp dport limit rate over ${rate} bytes/second burst ${burst} bytes } drop`,
      "\t\tnotrack",
      `\t\t${IP[family]} daddr set ${ARRIVAL[family]} map @addresses${family}`,
      `\t\tudp dport set ${ARRIVAL[family]} map @ports${family}`,
      "\t}",
      // The far end hears the relay at the pair's port, as the near end does.
      `\tchain name${family} {`,
      `\t\tudp sport set ${PASSAGE[family]} map @names${family}`,
      `\t\t${IP[family]} saddr set ${IP[family]} daddr map @sources${family}`,
      "\t}",
    ]),
    "}",
    "",
  ].join("\n");
}

const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
const IP = { 4: "ip", 6: "ip6" } as const;
const ARRIVAL = {
  4: "ip saddr . udp sport . udp dport",
  6: "ip6 saddr . udp sport . udp dport",
} as const;
const PASSAGE = {
  4: "ip saddr . udp sport . ip daddr . udp dport",
  6: "ip6 saddr . udp sport . ip6 daddr . udp dport",
} as const;

function setsOf(family: Family, legs: readonly KernelLeg[], now: number): string[] {
  const address = `ipv${family}_addr`;
  const arrival = `${address} . inet_service . inet_service`;
  const passage = `${address} . inet_service . ${address} . inet_service`;
  const ways = legs
    .filter(({ places }) => familyOf(places[0]) === family)
    .flatMap((leg) => [wayOf(leg, 0, now), wayOf(leg, 1, now)]);
  const each = (element: (way: Way) => string) => [...new Set(ways.map(element))];
  return [
    block(
      `set live${family}`,
      `type ${arrival}; flags timeout; counter`,
      each(({ arrival, left }) => `${arrival} timeout ${left}ms`),
    ),
    block(
      `map addresses${family}`,
      `type ${arrival} : ${address}`,
      each(({ arrival, to }) => `${arrival} : ${to.address}`),
    ),
    block(
      `map ports${family}`,
      `type ${arrival} : inet_service`,
      each(({ arrival, to }) => `${arrival} : ${to.port}`),
    ),
    block(
      `set passages${family}`,
      `type ${passage}`,
      each(({ passage }) => passage),
    ),
    block(
      `map names${family}`,
      `type ${passage} : inet_service`,
      each(({ passage, port }) => `${passage} : ${port}`),
    ),
    block(
      `map sources${family}`,
      `type ${address} : ${address}`,
      each(({ to, source }) => `${to.address} : ${source}`),
    ),
  ];
}

/** One direction of a leg. */
interface Way {
  readonly arrival: string;
  readonly passage: string;
  readonly to: Place;
  readonly source: string;
  readonly port: number;
  /** Milliseconds. */
  readonly left: number;
}

function wayOf({ port, places, sources, notAfter }: KernelLeg, from: 0 | 1, now: number): Way {
  const far = from === 0 ? 1 : 0;
  const near = split(places[from]);
  const to = split(places[far]);
  return {
    arrival: `${near.address} . ${near.port} . ${port}`,
    passage: `${near.address} . ${near.port} . ${to.address} . ${to.port}`,
    to,
    source: sources[far],
    port,
    left: Math.ceil(notAfter - now),
  };
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** The address and the port of `address:port`, for a ruleset. @throws when it is anything else. */
function split(place: string): Place {
  const [, ipv6, ipv4, port] = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(place) ?? [];
  const address = ipv6 ?? ipv4;
  if (address === undefined) throw new Error(`${JSON.stringify(place)} is no place of an end`);
  return { address, port: Number(port) };
}

export const familyOf = (place: string): Family => (place.startsWith("[") ? 6 : 4);

const block = (name: string, type: string, elements: readonly string[]): string =>
  `\t${name} { ${type};${elements.length > 0 ? ` elements = { ${elements.join(", ")} };` : ""} }`;
