import type { Assembled } from "../../shared/node/config/assemble.ts";
import { wgText } from "./wg-text.ts";

/**
 * Keys of the peers that are to be sought: those that are new, and those that may have moved, since what they called
 * their best endpoint is no longer among theirs. That a container's bridge came or went is no move.
 */
export function haveMoved(before: Assembled | null, after: Assembled): ReadonlySet<string> {
  const best = new Map(before?.peers.map(({ peer }) => [peer.node, peer.endpoints[0]]));
  const moved = after.peers.filter(({ peer }) => {
    const was = best.get(peer.node);
    return peer.endpoints.length > 0 && (was === undefined || !peer.endpoints.includes(was));
  });
  return new Set(moved.map(({ record }) => wgText(record.wireguard)));
}
