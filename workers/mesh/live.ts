import type { LiveNode } from "../../shared/node/segment-mesh.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";

/** What the segments of these nodes know about them now. When a segment can't be asked, its nodes are left out. */
export async function liveOf(
  bindings: Bindings,
  nodes: readonly { readonly id: string; readonly segment_id: string }[],
): Promise<ReadonlyMap<string, LiveNode>> {
  const bySegment = Map.groupBy(nodes, (node) => node.segment_id);
  const answers = await Promise.all(
    [...bySegment].map(([segment, members]) =>
      meshObject(bindings, segment)
        .live(members.map(({ id }) => id))
        .catch(() => ({})),
    ),
  );
  return new Map(answers.flatMap((answer) => Object.entries(answer as Record<string, LiveNode>)));
}
