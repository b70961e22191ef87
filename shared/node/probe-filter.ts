import { formatFirst, hostOf } from "../net/prefix.ts";
import { PROBE_PORT } from "../paths/probe.ts";
import type { ManifestDocument, PeerDocument } from "./config/types.ts";
import { chainOf, setOf } from "./filter-text.ts";

/** What a node's filter has for probes. Empty while nobody is to be probed. */
export interface Probes {
  readonly sets: readonly string[];
  readonly chains: readonly string[];
  /** The matches of probes that come in and go out. */
  readonly in: readonly string[];
  readonly out: readonly string[];
}

/**
 * Lets the agents of this node and of its peers probe each other, whatever rules say of the traffic between them. Probes are not
 * tracked, so that they are no flows of the network.
 */
export function probesOf(
  wg: string,
  { probes, ipv4 }: ManifestDocument,
  peers: readonly PeerDocument[],
): Probes {
  if (!probes || peers.length === 0) return { sets: [], chains: [], in: [], out: [] };
  const addresses = peers.map((peer) => addressOf(peer.ipv4));
  const own = addressOf(ipv4);
  const ports = `udp sport ${PROBE_PORT} udp dport ${PROBE_PORT}`;
  const incoming = `ip saddr @probed ip daddr ${own} ${ports}`;
  const outgoing = `ip saddr ${own} ip daddr @probed ${ports}`;
  return {
    sets: [setOf("probed", "ipv4_addr", [...new Set(addresses)].sort(), false)],
    chains: [
      chainOf("probes_in", [
        "type filter hook prerouting priority raw; policy accept;",
        `iifname ${wg} ${incoming} notrack`,
      ]),
      chainOf("probes_out", [
        "type filter hook output priority raw; policy accept;",
        `oifname ${wg} ${outgoing} notrack`,
      ]),
    ],
    in: [incoming],
    out: [outgoing],
  };
}

/** The address in its only spelling. @throws when it is none: the documents were not checked */
function addressOf(text: string): string {
  const host = hostOf(text);
  if (host?.version !== 4) throw new Error(`${JSON.stringify(text)} is no IPv4 address`);
  return formatFirst(host);
}
