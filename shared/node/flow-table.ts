import { INTERNET_V4, INTERNET_V6 } from "../net/internet.ts";
import { formatPrefix, prefixOf } from "../net/prefix.ts";
import { filterTable, requireInterfaceName } from "./filter.ts";

/**
 * The nftables table that notes which connections begin over the tunnel (`docs/flows.md`). It permits and drops nothing.
 * It is a table of its own, so that a new filter does not forget what was noted.
 */

/** The bounds of the sets. A set that is full notes nothing new until elements expire. All together hold 4,096 flows. */
export const FLOW_TABLE = {
  passed: 1_280,
  denied: 512,
  /** For protocols without ports, each of passed and denied. */
  portless: 128,
  /** How long the kernel remembers a flow after its last packet, in seconds. */
  timeoutSeconds: 600,
} as const;

/** A slash can't be in the name of an interface, so this is never the table of another interface's filter. */
export const flowTable = (interfaceName: string): string => `${filterTable(interfaceName)}/flows`;

const VERSIONS = [4, 6] as const;
type Version = (typeof VERSIONS)[number];

/**
 * Renders the table. Its sets are `passed`, `denied` and `seen`, each with the IP version, and `_portless` for protocols
 * without ports.
 *
 * - `denied` has the connections whose last attempt did not come through the filter: the chains in front of the filter
 *   add each attempt, and the chains behind it delete what passed.
 * - `passed` counts the connections that began. `seen` has no counter, and each packet that the opener sends refreshes
 *   it, so that a long connection stays known.
 *
 * What goes to the Internet is not noted.
 * @param overlay The ranges of the network. Attempts at addresses there that are no peer's are noted as denied.
 * @throws when the name or a range is not one
 */
export function renderFlowTable(
  interfaceName: string,
  overlay: { readonly ipv4: string; readonly ipv6: string },
): string {
  requireInterfaceName(interfaceName);
  const table = flowTable(interfaceName);
  const wg = `"${interfaceName}"`;
  const opened = "ct direction original";
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    ...VERSIONS.flatMap(setsOf),
    chain(
      "attempt",
      VERSIONS.flatMap((version) => [toInternet(version), ...noted(version, ["update", "denied"])]),
    ),
    chain("passage", [
      ...VERSIONS.flatMap((version) => [
        toInternet(version),
        ...noted(version, ["update", "seen"]),
        ...noted(version, ["delete", "denied"], FIRST),
        ...noted(version, ["update", "passed"], FIRST),
      ]),
    ]),
    hook("before_input", "input", -3, [`iifname ${wg} ${opened} ${FIRST} jump attempt`]),
    hook("before_forward", "forward", -3, [
      `iifname ${wg} ${opened} ${FIRST} jump attempt`,
      `oifname ${wg} ${opened} ${FIRST} jump attempt`,
    ]),
    hook("before_output", "output", -1, [
      `oifname ${wg} ${opened} ${FIRST} jump attempt`,
      // A node without any grant to an address has no route to it by the tunnel.
      ...[`ip daddr ${canonical(overlay.ipv4)}`, `ip6 daddr ${canonical(overlay.ipv6)}`].map(
        (range) => `oifname != { ${wg}, "lo" } ${range} ${opened} ${FIRST} jump attempt`,
      ),
    ]),
    hook("behind_input", "input", -1, [`iifname ${wg} ${opened} jump passage`]),
    hook("behind_forward", "forward", -1, [
      `iifname ${wg} ${opened} jump passage`,
      `oifname ${wg} ${opened} jump passage`,
    ]),
    hook("behind_output", "output", 1, [`oifname ${wg} ${opened} jump passage`]),
    "}",
    "",
  ].join("\n");
}

function canonical(text: string): string {
  const prefix = prefixOf(text);
  if (prefix === null) throw new Error(`${JSON.stringify(text)} is no prefix`);
  return formatPrefix(prefix);
}

/** Conntrack confirms a connection when its first packet has passed all filters, so a denied one is never confirmed. */
const FIRST = "ct status ! confirmed";

function setsOf(version: Version): string[] {
  const address = `ipv${version}_addr`;
  const key = `${address} . ${address} . inet_proto`;
  const { passed, denied, portless, timeoutSeconds } = FLOW_TABLE;
  const set = (name: string, type: string, size: number, counter: string) =>
    `  set ${name} { type ${type}; size ${size}; flags dynamic,timeout; timeout ${timeoutSeconds}s; gc-interval 30s;${counter} }`;
  const kinds = [
    ["passed", passed, " counter;"],
    ["denied", denied, " counter;"],
    ["seen", passed, ""],
  ] as const;
  const internet = version === 4 ? INTERNET_V4 : INTERNET_V6;
  return [
    `  set internet${version} { type ${address}; flags interval; elements = { ${internet.join(", ")} }; }`,
    ...kinds.flatMap(([kind, size, counter]) => [
      set(`${kind}${version}`, `${key} . inet_service`, size, counter),
      set(`${kind}${version}_portless`, key, portless, counter),
    ]),
  ];
}

const familyOf = (version: Version): string => (version === 4 ? "ip" : "ip6");

const toInternet = (version: Version): string =>
  `ct original ${familyOf(version)} daddr @internet${version} return`;

/** Statements that change a set by the key of the packet's connection. */
function noted(version: Version, [change, kind]: readonly [string, string], condition = ""): string[] {
  const ip = familyOf(version);
  const key = `ct original ${ip} saddr . ct original ${ip} daddr . meta l4proto`;
  const when = condition === "" ? "" : `${condition} `;
  const isVersion = `meta nfproto ipv${version}`;
  return [
    ...["tcp", "udp"].map(
      (protocol) =>
        `${isVersion} ${when}meta l4proto ${protocol} ${change} @${kind}${version} { ${key} . ct original proto-dst }`,
    ),
    `${isVersion} ${when}meta l4proto != { tcp, udp } ${change} @${kind}${version}_portless { ${key} }`,
  ];
}

const chain = (name: string, lines: readonly string[]): string =>
  [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"].join("\n");

const hook = (name: string, at: string, priority: number, lines: readonly string[]): string =>
  chain(name, [`type filter hook ${at} priority ${priority}; policy accept;`, ...lines]);
