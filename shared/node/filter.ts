import { INTERNET_V4, INTERNET_V6 } from "../net/internet.ts";
import { formatFirst, formatPrefix, isHost, outermost, type Prefix } from "../net/prefix.ts";
import { type Flow, flowsOf, hostsOf } from "../segments/flows.ts";
import { spanAt } from "../segments/windows.ts";
import { icmpTypes } from "./config/icmp.ts";
import type {
  ComponentDocument,
  ComponentRule,
  ManifestDocument,
  PeerDocument,
  Traffic,
} from "./config/types.ts";
import { chainOf, setOf } from "./filter-text.ts";
import { type Probes, probesOf } from "./probe-filter.ts";

/** The nftables ruleset of a node (`docs/decisions/0008`). It contains only addresses, numbers, ids of rules and the words below. */

export interface FilterInput {
  /** The name of the WireGuard interface. */
  readonly interfaceName: string;
  /**
   * The port on which WireGuard listens, and the mark of packets that may reach it. The agent's second fence demands
   * this mark.
   */
  readonly port: number;
  readonly mark: number;
  /** Whether the machine's own containers may use its exit node under the machine's address. */
  readonly servesContainers: boolean;
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  readonly peers: readonly PeerDocument[];
  /** Hub time, in milliseconds since the Unix epoch. It decides which rules hold. */
  readonly now: number;
}

/** The names of all agents' tables begin with this. */
export const TABLE_PREFIX = "rustronaut-";

/** The family and name of the table. Each interface has its own table, since several agents may run on one machine. */
export const filterTable = (interfaceName: string): string => `inet ${TABLE_PREFIX}${interfaceName}`;

/** @throws when the name could be anything else than a name in a ruleset */
export function requireInterfaceName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(name)) {
    throw new Error(`${JSON.stringify(name)} is no interface name`);
  }
}

/**
 * Counters of the packets that the filter let pass from the tunnel, and of those packets that came out behind all other
 * filters of the hook.
 */
export const PASSED_COUNTERS = {
  forward: { before: "forward_passed", behind: "forward_out" },
  input: { before: "input_passed", behind: "input_out" },
} as const;

/** The kinds of interfaces that containers and virtual machines are connected to. */
const CONTAINERS = '{ "bridge", "veth" }';
const ANY_SOURCE = /ct original ip6? saddr \S+ /;

/**
 * Renders the whole table, which `nft -f -` loads in one transaction. The table judges packets that come in or go out
 * by the WireGuard interface, and drops them unless a grant permits them. It leaves all other packets alone.
 *
 * The text names the moments at which rules change as such, so that it stays the same until a rule changes. `timed` makes
 * of it what `nft` loads. Without its agent a node only loses access: in the kernel, an element's timeout ends a rule that
 * allows, and begins one that denies. The other two changes need a new text.
 * @throws when a document was not checked before: a malformed address, port or interface name
 */
export function renderFilter(input: FilterInput): string {
  const { interfaceName, port, mark, servesContainers, manifest, component, peers, now } = input;
  requireInterfaceName(interfaceName);
  const table = filterTable(interfaceName);
  const sets: string[] = [];
  const allowed = { peer: [] as string[], peerToInternet: [] as string[], us: [] as string[] };
  const denied = { peer: [] as string[], us: [] as string[] };
  const containers = { allowed: [] as string[], denied: [] as string[] };
  const used = new Set<number>();
  for (const [index, flow] of flowsOf(manifest, component, peers).entries()) {
    const { sets: own, matches } = printFlow(flow, index);
    if (matches.length > 0) used.add(flow.rule);
    sets.push(...own);
    const toInternet = flow.internet.length > 0;
    const fromAnywhere = matches.map((match) => match.replace(ANY_SOURCE, ""));
    if (flow.effect === "deny") {
      denied[flow.openedBy].push(...matches);
      if (flow.openedBy === "us") containers.denied.push(...fromAnywhere);
    } else if (flow.openedBy === "us") {
      allowed.us.push(...matches);
      if (toInternet) containers.allowed.push(...fromAnywhere);
    } else allowed[toInternet ? "peerToInternet" : "peer"].push(...matches);
  }
  const probes = probesOf(`"${interfaceName}"`, manifest, peers);
  const rules = component.rules.flatMap((rule, index) =>
    used.has(index) ? ruleLines(rule, index, now) : [],
  );
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    setOf("internet4", "ipv4_addr", INTERNET_V4, true),
    setOf("internet6", "ipv6_addr", INTERNET_V6, true),
    ...sets,
    ...probes.sets,
    ...rules,
    chainOf("denied_to_peer", denied.peer),
    chainOf("denied_to_us", denied.us),
    chainOf("opened_by_peer", allowed.peer),
    chainOf("opened_by_peer_to_internet", allowed.peerToInternet),
    chainOf("opened_by_us", allowed.us),
    chainOf("opened_by_container", servesContainers ? [...containers.denied, ...containers.allowed] : []),
    ...hooks(`"${interfaceName}"`, hostsOf(manifest), probes),
    ...probes.chains,
    ...marking(port, mark),
    ...(manifest.forwards.length > 0 ? leaving(`"${interfaceName}"`) : []),
    ...(servesContainers ? fromContainers(`"${interfaceName}"`) : []),
    "}",
    "",
  ].join("\n");
}

/**
 * Judges each packet by the packet that began its connection (`ct original`), and answers likewise. So the withdrawal
 * of a grant ends running connections at once, and an answer needs no grant of its own.
 */
function hooks(wg: string, own: readonly Prefix[], probes: Probes): string[] {
  return [
    chainOf("by_peer", [
      "jump denied_to_peer",
      "jump opened_by_peer",
      "jump opened_by_peer_to_internet",
      "drop",
    ]),
    chainOf("by_peer_to_us", ["jump denied_to_peer", "jump opened_by_peer", "drop"]),
    chainOf("by_us", ["jump denied_to_us", "jump opened_by_us", "drop"]),
    // The overlay addresses answer only on the overlay, whatever other networks the machine is connected to.
    chainOf("guard", [
      "type filter hook prerouting priority raw; policy accept;",
      ...own.map(
        (host) =>
          `iifname != ${wg} ${familyOf(host)} daddr ${formatFirst(host)} fib saddr type != local drop`,
      ),
    ]),
    ...counting(wg),
    // These chains run before other filters, so that the agent can notice when another filter drops what passed here.
    chainOf("input", [
      "type filter hook input priority -2; policy accept;",
      `iifname != ${wg} accept`,
      ...probes.in.map((match) => `${match} accept`),
      "ct state invalid drop",
      "ct direction original goto by_peer_to_us",
      "ct direction reply goto by_us",
      "drop",
    ]),
    chainOf("output", [
      "type filter hook output priority filter; policy accept;",
      `oifname != ${wg} accept`,
      ...probes.out.map((match) => `${match} accept`),
      "ct state invalid drop",
      "ct direction original goto by_us",
      "ct direction reply goto by_peer",
      "drop",
    ]),
    // Keeps TCP segments of forwarded connections within the size that the tunnel lets through.
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

/** Gives packets for the tunnel's port the mark of the tunnel's own packets. */
export const marking = (port: number, mark: number): string[] => [
  // A kernel may check the return path of a packet (RFC 3704). With the mark, it finds the path past the tunnel's
  // routes, as an answer does.
  chainOf("return_path", [
    "type filter hook prerouting priority raw; policy accept;",
    `udp dport ${port} fib daddr type local meta mark set ${mark}`,
  ]),
  // This chain runs behind all filters, since these may set another mark. The second fence demands the mark.
  chainOf("stamp", [
    "type filter hook input priority 150; policy accept;",
    `udp dport ${port} meta mark set ${mark}`,
  ]),
];

/** With masquerading, the networks behind a router need no route back. */
const leaving = (wg: string): string[] => [
  chainOf("leave", [
    "type nat hook postrouting priority srcnat; policy accept;",
    `iifname ${wg} oifname != ${wg} masquerade`,
  ]),
];

/** The exit node knows the machine's address, and none of the machine's containers. */
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
    matches.push(`ct original ${ip} saddr @${from} ct original ${ip} daddr @${to} jump rule_${flow.rule}`);
  }
  return { sets, matches };
}

/**
 * The chain of a rule, and its counter of the packets that it accepted or dropped. `ruleCounter` names it. A rule that does
 * not hold now has an empty chain, unless it may deny later.
 */
function ruleLines(rule: ComponentRule, index: number, now: number): string[] {
  const { holds, until } = spanAt(rule, now);
  const denies = rule.effect === "deny";
  const waits = denies && !holds && until !== null;
  const decided = `counter name ${ruleCounter(rule.id)} ${denies ? "drop" : "accept"}`;
  const lines = [
    ...(waits ? [`meta nfproto @gate_${index} return`] : []),
    ...(!denies && until !== null ? [`meta nfproto != @gate_${index} return`] : []),
    // ICMP errors about a connection belong to the connection. Without them, no path MTU can be found.
    ...(denies ? [] : [`ct state related meta l4proto { 1, 58 } ${decided}`]),
    ...rule.traffic
      .flatMap(trafficMatches)
      .flatMap((match) => [...logLines(rule, match), `${match}${decided}`]),
  ];
  return [
    `  counter ${ruleCounter(rule.id)} { }`,
    ...(until !== null && (waits || (holds && !denies)) ? [gateOf(index, until)] : []),
    chainOf(`rule_${index}`, holds || waits ? lines : []),
  ];
}

/** A set that has both families until the moment. A rule looks into it once. */
const gateOf = (index: number, until: number): string =>
  `  set gate_${index} { type nf_proto; flags timeout; elements = { ipv4 ${untilText(until)}, ipv6 ${untilText(until)} }; }`;
const untilText = (moment: number): string => `until ${moment}`;

/**
 * The ruleset as `nft` loads it: each moment as the time that is left until then.
 * @param now Hub time, in milliseconds since the Unix epoch.
 */
export const timed = (ruleset: string, now: number): string =>
  ruleset.replace(
    /\buntil (\d+)\b/g,
    (_, moment: string) => `timeout ${Math.max(1, Number(moment) - Math.floor(now))}ms`,
  );

/** Logs the first packet of each connection, so many a second that nobody fills a disk by it. */
function logLines({ id, effect, log }: ComponentRule, match: string): string[] {
  if (!log) return [];
  return [
    `${match}ct state new limit rate 10/second burst 20 packets log prefix "rustronaut ${effect ?? "allow"} ${id} "`,
  ];
}

/**
 * The name of a rule's counter. It has the rule's id, so that whoever reads the kernel's counters knows the rules.
 * @throws when the id could be anything else than a part of a name in a ruleset
 */
export function ruleCounter(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error(`${JSON.stringify(id)} is no id`);
  return `${COUNTER_PREFIX}${id}`;
}

/** The rule that a counter of the table counts for. Null for the other counters. */
export const ruleOfCounter = (name: string): string | null =>
  name.startsWith(COUNTER_PREFIX) ? name.slice(COUNTER_PREFIX.length) : null;

const COUNTER_PREFIX = "hits_";

/** Matches packets by the protocol of their connection, so that a denial of ICMP leaves errors about others alone. */
function trafficMatches({ protocol, family, ports }: Traffic): string[] {
  const inFamily = family === undefined ? "" : `meta nfproto ipv${Number(family)} `;
  switch (protocol) {
    case "any":
      return [inFamily];
    case "other":
      return [`${inFamily}ct protocol != { 1, 6, 17, 58 } `];
    case "icmp":
      return ports.length === 0 ? [`${inFamily}ct protocol { 1, 58 } `] : icmpMatches(family, ports);
    case "tcp":
    case "udp": {
      const match = `${inFamily}meta l4proto ${protocol} `;
      return [ports.length === 0 ? match : `${match}ct original proto-dst { ${portList(ports)} } `];
    }
    default:
      throw new Error(`${JSON.stringify(protocol)} is no protocol`);
  }
}

/** The kernel keeps the type and the code of the first message where a connection has its port, the type in the upper byte. */
function icmpMatches(family: Traffic["family"], ports: Traffic["ports"]): string[] {
  return ([4, 6] as const)
    .filter((version) => family === undefined || family === version)
    .flatMap((version) => {
      const types = icmpTypes(
        version,
        ports.map(([number]) => number),
      );
      if (types.length === 0) return [];
      const messages = types.map((type) => [type * 256, type * 256 + 255] as const);
      return [
        `meta nfproto ipv${version} ct protocol ${version === 4 ? 1 : 58} ct original proto-dst { ${portList(messages)} } `,
      ];
    });
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
