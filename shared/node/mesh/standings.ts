import { type NewestHandshake, newestOf } from "../handshake-verdict.ts";
import type { Network } from "./network.ts";
import type { MeshEvent, MeshView } from "./view.ts";

const NO_HANDSHAKE: NewestHandshake = { counter: 0, madeAt: 0 };

/**
 * How nodes stand in the segment now: those that came, those whose status is another one, and those that left for another
 * segment or for good. Says nothing of who stands as before.
 *
 * @param affected Nodes that may stand otherwise; null for all.
 */
export function standings(
  view: MeshView,
  network: Network,
  segment: string,
  affected: ReadonlySet<string> | null,
): Extract<MeshEvent, { type: "stands" }>[] {
  return [...(affected ?? new Set([...network.ids(), ...view.members()]))].flatMap((node) => {
    const before = view.member(node);
    const row = network.row(node);
    const isMember = row?.segment_id === segment;
    if (!isMember && !before) return [];
    const status = isMember ? row.status : "gone";
    const own = before?.newest ?? NO_HANDSHAKE;
    const floor = isMember ? { counter: row.handshake_floor, madeAt: row.handshake_floor_made } : null;
    const newest = floor ? newestOf(own, floor, before?.floorMade ?? 0) : own;
    if (before?.status === status && newest === own) return [];
    return [{ type: "stands", node, status, newest, floorMade: floor?.madeAt ?? before?.floorMade ?? 0 }];
  });
}
