import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  contains,
  formatFirst,
  hostOf,
  isDefaultRoute,
  type Prefix,
  prefixOf,
} from "../../shared/net/prefix.ts";
import { importPolicy } from "../../shared/tailscale/import.ts";
import { policySchema } from "../../shared/tailscale/policy.ts";
import type { Imported, Inventory } from "../../shared/tailscale/to-rules.ts";
import { isApproved } from "./auto-approved.ts";
import { askOf, blockOf, type Point, placed, visiblePeers } from "./imported-network.ts";

/** Cases that were recorded from Tailscale's own service, and how what is imported compares with them. */

export interface RecordedCase {
  readonly id: string;
  readonly cat: string;
  readonly policy: unknown;
  readonly code: number;
  readonly topo: {
    readonly users: readonly { readonly email: string; readonly name: string }[];
    readonly nodes: Readonly<Record<string, RecordedNode>>;
  };
  readonly exp: Readonly<
    Record<string, { rules: readonly RecordedRule[] | null; peers: Record<string, string[]> }>
  >;
}

interface RecordedNode {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly tags: readonly string[];
  readonly user?: string;
  readonly approved_routes: readonly string[] | null;
  readonly routable_ips: readonly string[] | null;
}

interface RecordedRule {
  readonly SrcIPs: readonly string[];
  readonly DstPorts?: readonly { IP: string; Ports: { First: number; Last: number } }[];
  readonly IPProto?: readonly number[];
}

export const readCases = (path: string): RecordedCase[] =>
  gunzipSync(readFileSync(path))
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedCase);

/** Grants of applications alone let peers see each other there, and nothing pass. */
export function hasNetworkPart({ cat, code, policy }: RecordedCase): boolean {
  const parsed = policySchema.safeParse(policy);
  if (cat !== "grant" || code !== 200 || !parsed.success) return true;
  const { acls, grants } = parsed.data;
  return (acls ?? []).length > 0 || !grants?.length || grants.some(({ ip }) => ip.length > 0);
}

/** Null when the import means the same as the recording, else the first difference in words. */
export function difference(recorded: RecordedCase): string | null {
  const accepted = recorded.code === 200;
  const read = importCase(recorded);
  if (typeof read === "string") return accepted ? `refused: ${read}` : null;
  if (!accepted) return "accepted";
  return differentPeers(recorded, read) ?? differentTraffic(recorded, read);
}

/** The imported rules, or why the file is refused. */
function importCase(recorded: RecordedCase): Imported | string {
  const imported = importPolicy(recorded.policy, inventoryOf(recorded));
  if (imported.ok) return imported.value;
  return imported.error.map(({ at, problem }) => `${at}: ${problem}`).join(", ");
}

const emailOf = (topo: RecordedCase["topo"], name: string | undefined): string | null =>
  topo.users.find((user) => user.name === name)?.email ?? null;

const inventoryOf = ({ topo, policy }: RecordedCase): Inventory => ({
  nodes: Object.entries(topo.nodes).map(([name, node]) => ({
    name,
    addresses: [node.ipv4, node.ipv6],
    tags: node.tags.map((tag) => tag.slice("tag:".length)),
    user: node.tags.length > 0 ? null : emailOf(topo, node.user),
    routes: routesOf(node, policy),
  })),
  users: topo.users.map(({ email }) => email),
  tags: [],
});

/** Those that were approved by hand, and those that the file approves by itself. The recording leaves some of the latter out. */
function routesOf(node: RecordedNode, policy: unknown): string[] {
  const parsed = policySchema.safeParse(policy);
  const own = parsed.success
    ? (node.routable_ips ?? [])
        .filter((route) => !route.endsWith("/0"))
        .filter((route) => isApproved(route, node.tags, parsed.data.autoApprovers))
    : [];
  return [...new Set([...(node.approved_routes ?? []), ...own])];
}

const factsOf = ({ topo, policy }: RecordedCase) =>
  Object.entries(topo.nodes).map(([name, node]) => ({
    id: name,
    name,
    segment: "main",
    tags: node.tags.map((tag) => tag.slice("tag:".length)),
    user: node.tags.length > 0 ? null : emailOf(topo, node.user),
    ipv4: node.ipv4,
    ipv6: node.ipv6,
    routes: routesOf(node, policy),
    exitNode: null,
    quarantined: false,
    microsegments: [],
    confinedBy: [],
  }));

function differentPeers(recorded: RecordedCase, imported: Imported): string | null {
  const peers = visiblePeers(placed(factsOf(recorded), imported), imported.rules);
  for (const [node, { peers: expected }] of Object.entries(recorded.exp)) {
    const [ours, theirs] = [[...(peers.get(node) ?? [])].sort(), Object.keys(expected ?? {}).sort()];
    if (ours.join() !== theirs.join())
      return `${node} sees ${ours.join() || "nobody"}, not ${theirs.join() || "nobody"}`;
  }
  return null;
}

function differentTraffic(recorded: RecordedCase, imported: Imported): string | null {
  const facts = placed(factsOf(recorded), imported);
  const ask = askOf(facts, imported.rules);
  const points = pointsOf(recorded);
  const ports = portsOf(recorded, imported);
  for (const to of points) {
    const expected = recorded.exp[to.node]?.rules ?? [];
    for (const from of points) {
      if (from.node === to.node || from.address.version !== to.address.version) continue;
      for (const protocol of [6, 17, from.address.version === 4 ? 1 : 58]) {
        for (const port of protocol === 6 || protocol === 17 ? ports : [0]) {
          const theirs = isRecorded(expected, from.address, to.address, protocol, port);
          if (ask(from, to, protocol, port) === theirs) continue;
          return `${from.node} ${formatFirst(from.address)} → ${to.node} ${formatFirst(to.address)}, protocol ${protocol}, port ${port}: there ${theirs ? "permitted" : "denied"}`;
        }
      }
    }
  }
  return null;
}

/** The addresses that are compared: each node's own, and one of each network behind it or named by the policy. */
function pointsOf(recorded: RecordedCase): Point[] {
  const named = [...JSON.stringify(recorded.policy).matchAll(/[0-9a-f.:]+\/\d+/g)]
    .map(([text]) => prefixOf(text))
    .filter((prefix) => prefix !== null);
  return factsOf(recorded).flatMap(({ id, ipv4, ipv6, routes }) => {
    const behind = routes
      .map(prefixOf)
      .filter((route) => route !== null)
      .filter((route) => !isDefaultRoute(route));
    const inner = named.filter((each) => behind.some((route) => contains(route, each)));
    const own = [ipv4, ipv6].map(hostOf).filter((host) => host !== null);
    return [
      ...own.map((address) => ({ node: id, address, behind: false })),
      ...[...behind, ...inner].map((prefix) => ({ node: id, address: addressIn(prefix), behind: true })),
    ];
  });
}

const addressIn = ({ version, first, last }: Prefix): Prefix => {
  const address = first === last ? first : first + 1n;
  return { version, length: version === 4 ? 32 : 128, first: address, last: address };
};

/** The edges of all ranges that either side names. */
function portsOf({ exp }: RecordedCase, { rules }: Imported): number[] {
  const recorded = Object.values(exp).flatMap((node) =>
    (node.rules ?? []).flatMap(({ DstPorts }) =>
      (DstPorts ?? []).flatMap(({ Ports }) => [Ports.First, Ports.Last]),
    ),
  );
  const ours = rules.flatMap(({ traffic }) =>
    traffic.flatMap((text) => (text.split("/")[1] ?? "").split(/[,-]/).map(Number)),
  );
  const edges = new Set([...recorded, ...ours].flatMap((port) => [port - 1, port, port + 1]));
  return [40_000, ...[...edges].filter((port) => port >= 1 && port <= 65_535)];
}

function isRecorded(
  rules: readonly RecordedRule[],
  from: Prefix,
  to: Prefix,
  protocol: number,
  port: number,
): boolean {
  return rules.some(
    ({ SrcIPs, DstPorts, IPProto }) =>
      (IPProto ?? [1, 6, 17, 58]).includes(protocol) &&
      SrcIPs.some((text) => covers(text, from)) &&
      (DstPorts ?? []).some(
        // Tailscale's filter looks at the addresses alone for ICMP.
        ({ IP, Ports }) =>
          covers(IP, to) &&
          (protocol === 1 || protocol === 58 || (Ports.First <= port && port <= Ports.Last)),
      ),
  );
}

/** `*`, an address, a prefix, or a range. */
function covers(text: string, { version, first }: Prefix): boolean {
  if (text === "*") return true;
  const [low = "", high = low] = text.split("-");
  const [start, end] = [low, high].map(blockOf);
  return !!start && !!end && start.version === version && start.first <= first && first <= end.last;
}
