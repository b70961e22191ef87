import type { Assembled } from "../../shared/node/config/assemble.ts";
import { wgText } from "./wg-text.ts";

/**
 * The keys of the peers to look for: new peers, and peers that may have moved. A peer may have moved when its former
 * best endpoint is no longer in its list. A container bridge that comes or goes does not count as a move.
 */
export function haveMoved(before: Assembled | null, after: Assembled): ReadonlySet<string> {
  const best = new Map(before?.peers.map(({ peer }) => [peer.node, peer.endpoints[0]]));
  const moved = after.peers.filter(({ peer }) => {
    const was = best.get(peer.node);
    return peer.endpoints.length > 0 && (was === undefined || !peer.endpoints.includes(was));
  });
  return new Set(moved.map(({ record }) => wgText(record.wireguard)));
}
