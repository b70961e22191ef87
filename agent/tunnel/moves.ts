import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { PeerDocument } from "../../shared/node/config/types.ts";
import type { EndpointChange } from "./endpoints.ts";
import type { WireguardPeer } from "./machine.ts";
import { wgText } from "./wg-text.ts";

/** Where a peer can be reached, best first: where it may be itself, and then at the relays that carry the pair. */
export const placesOf = (peer: PeerDocument): readonly string[] => [
  ...peer.endpoints,
  ...relayedPlaces(peer),
];

export const relayedPlaces = ({ relays = [] }: PeerDocument): readonly string[] =>
  relays.flatMap(({ endpoints }) => endpoints);

/**
 * The keys of the peers to look for: new peers, and peers that may have moved. A peer may have moved when its former
 * best endpoint is no longer in its list. A container bridge that comes or goes does not count as a move.
 */
export function haveMoved(before: Assembled | null, after: Assembled): ReadonlySet<string> {
  const best = new Map(before?.peers.map(({ peer }) => [peer.node, placesOf(peer)[0]]));
  const moved = after.peers.filter(({ peer }) => {
    const places = placesOf(peer);
    const was = best.get(peer.node);
    return places.length > 0 && (was === undefined || !places.includes(was));
  });
  return new Set(moved.map(({ record }) => wgText(record.wireguard)));
}

/**
 * The places at relays that peers are not to be reached at any more, each with the place to go on at: at another relay if
 * there is one, since the direct way was none. The keys are `<public key> <endpoint>`.
 */
export function leftRelays(before: Assembled, after: Assembled): ReadonlyMap<string, string> {
  const now = new Map(after.peers.map((known) => [known.peer.node, known]));
  const left = new Map<string, string>();
  for (const { peer } of before.peers) {
    const known = now.get(peer.node);
    if (!known) continue;
    const places = placesOf(known.peer);
    const next = relayedPlaces(known.peer)[0] ?? places[0];
    if (next === undefined) continue;
    for (const place of relayedPlaces(peer))
      if (!places.includes(place)) left.set(`${wgText(known.record.wireguard)} ${place}`, next);
  }
  return left;
}

/** The changes for peers that are at such a place now. */
export const waysOn = (
  left: ReadonlyMap<string, string>,
  peers: readonly WireguardPeer[],
): readonly EndpointChange[] =>
  peers.flatMap(({ publicKey, endpoint }) => {
    const next = left.get(`${publicKey} ${endpoint}`);
    return next === undefined ? [] : [{ publicKey, endpoint: next }];
  });
