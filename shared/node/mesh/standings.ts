import { type NewestHandshake, newestOf } from "../handshake-verdict.ts";
import type { Network } from "./network.ts";
import type { MeshEvent, MeshView } from "./view.ts";

const NO_HANDSHAKE: NewestHandshake = { counter: 0, madeAt: 0 };

/**
 * The new standings of nodes in the segment: nodes that came, nodes whose status changed, and nodes that left for
 * another segment or for good. Nodes whose standing is unchanged are not listed.
 * @param affected The nodes whose standing may have changed. Null means all nodes.
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
