import { formatFirst, formatPrefix, isHost, outermost, type Prefix } from "../net/prefix.ts";
import { type Flow, flowsOf, hostsOf } from "../segments/flows.ts";
import type {
  ComponentDocument,
  ComponentRule,
  ManifestDocument,
  PeerDocument,
  Traffic,
} from "./config/types.ts";

/** The nftables ruleset of a node (`docs/decisions/0008`). Only addresses, numbers and the words below get into it. */

export interface FilterInput {
  /** Name of the WireGuard interface. */
  readonly interfaceName: string;
  /** Where WireGuard listens, and the mark of packets that may reach it there: the agent's second fence asks for it. */
  readonly port: number;
  readonly mark: number;
  /** Lets the machine's own containers use its exit node under its name. */
  readonly servesContainers: boolean;
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  readonly peers: readonly PeerDocument[];
}

/** What the names of all agents' tables begin with. */
export const TABLE_PREFIX = "rustronaut-";

/** Family and name of the table: one for each interface, for several agents may run on one machine. */
export const filterTable = (interfaceName: string): string => `inet ${TABLE_PREFIX}${interfaceName}`;

/** Counters of what the filter let pass from the tunnel, and of what of it came out behind all other filters of the hook. */
export const PASSED_COUNTERS = {
  forward: { before: "forward_passed", behind: "forward_out" },
  input: { before: "input_passed", behind: "input_out" },
} as const;

/** What `internet` means: neither private, nor shared, nor local, nor multicast. */
const INTERNET_V4 = [
  "1.0.0.0-9.255.255.255",
  "11.0.0.0-100.63.255.255",
  "100.128.0.0-126.255.255.255",
  "128.0.0.0-169.253.255.255",
  "169.255.0.0-172.15.255.255",
  "172.32.0.0-192.167.255.255",
  "192.169.0.0-223.255.255.255",
];
const INTERNET_V6 = ["2000::/3"];

/** Kinds of interfaces that containers and virtual machines hang on. */
const CONTAINERS = '{ "bridge", "veth" }';
const ANY_SOURCE = /ct original ip6? saddr \S+ /;

/**
 * The whole table, to be loaded by `nft -f -` in one transaction. It judges what comes in by the WireGuard interface or
 * goes out of it, drops what no grant permits, and leaves everything else alone.
 * @throws when a document was not checked before: a malformed address, port or interface name
 */
export function renderFilter(input: FilterInput): string {
  const { interfaceName, port, mark, servesContainers, manifest, component, peers } = input;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(interfaceName)) {
    throw new Error(`${JSON.stringify(interfaceName)} is no interface name`);
  }
  const table = filterTable(interfaceName);
  const sets: string[] = [];
  const matches = {
    peer: [] as string[],
    peerToInternet: [] as string[],
    us: [] as string[],
    container: [] as string[],
  };
  const used = new Set<number>();
  for (const [index, flow] of flowsOf(manifest, component, peers).entries()) {
    const toInternet = flow.internet.length > 0;
    const chain = flow.openedBy === "us" ? "us" : toInternet ? "peerToInternet" : "peer";
    const printed = printFlow(flow, index);
    if (printed.matches.length > 0) used.add(flow.rule);
    sets.push(...printed.sets);
    matches[chain].push(...printed.matches);
    if (flow.openedBy === "us" && toInternet)
      matches.container.push(...printed.matches.map((match) => match.replace(ANY_SOURCE, "")));
  }
  const traffic = component.rules.flatMap((rule, index) =>
    used.has(index) ? [chainOf(`traffic_${index}`, trafficLines(rule))] : [],
  );
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    setOf("internet4", "ipv4_addr", INTERNET_V4, true),
    setOf("internet6", "ipv6_addr", INTERNET_V6, true),
    ...sets,
    ...traffic,
    chainOf("opened_by_peer", matches.peer),
    chainOf("opened_by_peer_to_internet", matches.peerToInternet),
    chainOf("opened_by_us", matches.us),
    chainOf("opened_by_container", servesContainers ? matches.container : []),
    ...hooks(`"${interfaceName}"`, hostsOf(manifest)),
    ...marking(port, mark),
    ...(manifest.forwards.length > 0 ? leaving(`"${interfaceName}"`) : []),
    ...(servesContainers ? fromContainers(`"${interfaceName}"`) : []),
    "}",
    "",
  ].join("\n");
}

/**
 * Each packet is judged by how its connection began (`ct original`), answers too. So a grant that is withdrawn ends
 * running connections at once, and an answer needs no grant of its own.
 */
function hooks(wg: string, own: readonly Prefix[]): string[] {
  return [
    chainOf("by_peer", ["jump opened_by_peer", "jump opened_by_peer_to_internet", "drop"]),
    chainOf("by_peer_to_us", ["jump opened_by_peer", "drop"]),
    chainOf("by_us", ["jump opened_by_us", "drop"]),
    // The overlay addresses answer on the overlay alone, whatever else the machine is connected to.
    chainOf("guard", [
      "type filter hook prerouting priority raw; policy accept;",
      ...own.map(
        (host) =>
          `iifname != ${wg} ${familyOf(host)} daddr ${formatFirst(host)} fib saddr type != local drop`,
      ),
    ]),
    ...counting(wg),
    // Before other filters, so that these can be seen to drop what passed here.
    chainOf("input", [
      "type filter hook input priority -2; policy accept;",
      `iifname != ${wg} accept`,
      "ct state invalid drop",
      "ct direction original goto by_peer_to_us",
      "ct direction reply goto by_us",
      "drop",
    ]),
    chainOf("output", [
      "type filter hook output priority filter; policy accept;",
      `oifname != ${wg} accept`,
      "ct state invalid drop",
      "ct direction original goto by_us",
      "ct direction reply goto by_peer",
      "drop",
    ]),
    // No segment that passes is longer than the tunnel lets through.
    chainOf("clamp", [
      "type filter hook forward priority mangle; policy accept;",
      `oifname ${wg} tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu`,
    ]),
    chainOf("forward", [
      "type filter hook forward priority -2; policy accept;",
      `iifname != ${wg} oifname != ${wg} accept`,
      "ct state invalid drop",
      `iifname ${wg} oifname ${wg} drop`,
      `iifname ${wg} ct direction original goto by_peer`,
      `iifname ${wg} meta oifkind ${CONTAINERS} ct direction reply jump opened_by_container`,
      `iifname ${wg} ct direction reply goto by_us`,
      `oifname ${wg} meta iifkind ${CONTAINERS} ct direction original jump opened_by_container`,
      `oifname ${wg} ct direction original goto by_us`,
      `oifname ${wg} ct direction reply goto by_peer`,
      "drop",
    ]),
  ];
}

function counting(wg: string): string[] {
  return (["input", "forward"] as const).flatMap((hook) => {
    const { before, behind } = PASSED_COUNTERS[hook];
    return [
      `  counter ${before} { }`,
      `  counter ${behind} { }`,
      chainOf(`${before}_chain`, [
        `type filter hook ${hook} priority -1; policy accept;`,
        `iifname ${wg} counter name ${before}`,
      ]),
      chainOf(`${behind}_chain`, [
        `type filter hook ${hook} priority 140; policy accept;`,
        `iifname ${wg} counter name ${behind}`,
      ]),
    ];
  });
}

/** Gives what comes to the tunnel's port the mark of the tunnel's own packets. */
export const marking = (port: number, mark: number): string[] => [
  // A kernel that checks the way back (RFC 3704) finds it past the tunnel's routes, as answers will.
  chainOf("return_path", [
    "type filter hook prerouting priority raw; policy accept;",
    `udp dport ${port} fib daddr type local meta mark set ${mark}`,
  ]),
  // Behind all filters, which may have set another mark: what the second fence asks for.
  chainOf("stamp", [
    "type filter hook input priority 150; policy accept;",
    `udp dport ${port} meta mark set ${mark}`,
  ]),
];

/** The networks behind a router need no route back. */
const leaving = (wg: string): string[] => [
  chainOf("leave", [
    "type nat hook postrouting priority srcnat; policy accept;",
    `iifname ${wg} oifname != ${wg} masquerade`,
  ]),
];

/** The exit node knows the machine, and none of its containers. */
const fromContainers = (wg: string): string[] => [
  chainOf("enter", [
    "type nat hook postrouting priority srcnat; policy accept;",
    ...(["ip", "ip6"] as const).map(
      (family) =>
        `meta iifkind ${CONTAINERS} oifname ${wg} ${family} daddr @internet${family === "ip" ? 4 : 6} masquerade`,
    ),
  ]),
];

function printFlow(flow: Flow, index: number): { sets: string[]; matches: string[] } {
  const sets: string[] = [];
  const matches: string[] = [];
  for (const version of [4, 6] as const) {
    const sources = outermost(flow.sources.filter((prefix) => prefix.version === version));
    const destinations = outermost(flow.destinations.filter((prefix) => prefix.version === version));
    const toInternet = flow.internet.includes(version);
    if (sources.length === 0 || (destinations.length === 0 && !toInternet)) continue;
    const [from, to] = [
      `from${version}_${index}`,
      toInternet ? `internet${version}` : `to${version}_${index}`,
    ];
    const ip = version === 4 ? "ip" : "ip6";
    sets.push(prefixSet(from, version, sources));
    if (!toInternet) sets.push(prefixSet(to, version, destinations));
    matches.push(`ct original ${ip} saddr @${from} ct original ${ip} daddr @${to} jump traffic_${flow.rule}`);
  }
  return { sets, matches };
}

function trafficLines(rule: ComponentRule): string[] {
  // Errors about a connection belong to it: without them no path MTU is found.
  return ["ct state related meta l4proto { 1, 58 } accept", ...rule.traffic.map(trafficLine)];
}

function trafficLine({ protocol, ports }: Traffic): string {
  switch (protocol) {
    case "any":
      return "accept";
    case "icmp":
      return "meta l4proto { 1, 58 } accept";
    case "tcp":
    case "udp": {
      const match = `meta l4proto ${protocol}`;
      return ports.length === 0
        ? `${match} accept`
        : `${match} ct original proto-dst { ${portList(ports)} } accept`;
    }
    default:
      throw new Error(`${JSON.stringify(protocol)} is no protocol`);
  }
}

function portList(ports: Traffic["ports"]): string {
  return ports
    .map(([from, to]) => {
      const isRange =
        Number.isInteger(from) && Number.isInteger(to) && 1 <= from && from <= to && to <= 65_535;
      if (!isRange) throw new Error(`${JSON.stringify([from, to])} is no range of ports`);
      return from === to ? `${from}` : `${from}-${to}`;
    })
    .join(", ");
}

const familyOf = ({ version }: Prefix): string => (version === 4 ? "ip" : "ip6");

function prefixSet(name: string, version: 4 | 6, prefixes: readonly Prefix[]): string {
  const elements = prefixes.map((prefix) => (isHost(prefix) ? formatFirst(prefix) : formatPrefix(prefix)));
  return setOf(name, `ipv${version}_addr`, elements, !prefixes.every(isHost));
}

function setOf(name: string, type: string, elements: readonly string[], hasIntervals: boolean): string {
  const flags = hasIntervals ? "flags interval; " : "";
  return `  set ${name} { type ${type}; ${flags}elements = { ${elements.join(", ")} }; }`;
}

function chainOf(name: string, lines: readonly string[]): string {
  return [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"].join("\n");
}
