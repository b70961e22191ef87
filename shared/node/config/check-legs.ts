import { fromBase64url } from "../../base/base64url.ts";
import { judgeMontgomeryPoint } from "../../crypto/strict-points.ts";
import type { Assembled, KnownLeg } from "./assemble.ts";
import { endpointFault } from "./check-addresses.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";
import type { PeerDocument } from "./types.ts";

/** What a node accepts as a relay, and of relays. Each function returns a refusal, or null. */

/** The legs that this node is to carry. */
export function legsFault(
  { manifest, record, legs }: Assembled,
  own: { readonly node: string; readonly network: string },
  overlay: Overlay,
): ConfigRefusal | null {
  const ids = new Set<string>();
  const ports = new Set<number>();
  for (const known of legs) {
    const { leg } = known;
    const where = `leg ${leg.id}`;
    const documents = [leg, ...known.records];
    const foreign = documents.find(({ network }) => network !== own.network);
    if (foreign) {
      return refused("WRONG_NETWORK", where, `It is of the network ${foreign.network}, not ${own.network}.`)
        .error;
    }
    if (leg.node !== own.node)
      return refused("LEG_MISUSED", where, `It is for the relay ${leg.node}, not ${manifest.node}.`).error;
    if (ids.has(leg.id) || ports.has(leg.port))
      return refused("LEG_MISUSED", where, "Its id or its port is another's.").error;
    ids.add(leg.id);
    ports.add(leg.port);
    const fault = endsFault(known, record.wireguard, where) ?? placesFault(known, overlay, where);
    if (fault) return fault;
  }
  return null;
}

/** A relay stands between two others. Who sends a handshake is known by the key that it is for. */
function endsFault({ leg, records }: KnownLeg, ownKey: string, where: string): ConfigRefusal | null {
  const [a, b] = leg.ends;
  if (a.node === b.node || a.node === leg.node || b.node === leg.node)
    return refused("LEG_MISUSED", where, "It does not lie between two other nodes.").error;
  for (const [at, end] of leg.ends.entries()) {
    const record = records[at];
    if (record?.node !== end.node)
      return refused("RECORD_FOREIGN", where, `The key record of ${end.node} is of ${record?.node}.`).error;
    if (record.wireguard === ownKey)
      return refused("PEER_HAS_OWN_KEY", where, "An end has a key of this node.").error;
    const key = fromBase64url(record.wireguard);
    if (!key || judgeMontgomeryPoint(key) !== "fine")
      return refused("KEY_WEAK", where, "A key of an end is one that everybody can compute with.").error;
  }
  return records[0].wireguard === records[1].wireguard
    ? refused("KEY_DUPLICATE", where, "Both ends have one key.").error
    : null;
}

function placesFault({ leg }: KnownLeg, overlay: Overlay, where: string): ConfigRefusal | null {
  for (const endpoint of leg.ends.flatMap(({ endpoints }) => endpoints)) {
    const fault = endpointFault(endpoint, overlay, where);
    if (fault) return fault;
  }
  return null;
}

/** The relays by which a peer may be reached. */
export function relayedFault(
  { node, relays = [] }: Pick<PeerDocument, "node" | "relays">,
  own: string,
  overlay: Overlay,
): ConfigRefusal | null {
  const where = `peer ${node}`;
  const seen = new Set([own, node]);
  for (const relay of relays) {
    if (seen.has(relay.node))
      return refused("LEG_MISUSED", where, `${relay.node} is no third node, or comes twice as a relay.`)
        .error;
    seen.add(relay.node);
    for (const endpoint of relay.endpoints) {
      const fault = endpointFault(endpoint, overlay, where);
      if (fault) return fault;
    }
  }
  return null;
}
