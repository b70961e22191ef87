import type { BuildFault } from "../config/build.ts";
import type { TickPlan } from "../plan-tick.ts";
import type { Hold } from "../segment-mesh.ts";
import type { Network } from "./network.ts";
import type { MeshEvent } from "./view.ts";

const FAULTS_IN_WORDS = 5;

/** The holds that remain after a tick was planned, one event for each reason. */
export function heldEvents(
  network: Network,
  { culprits, waiting }: Pick<TickPlan, "culprits" | "waiting">,
  faults: readonly BuildFault[],
  now: number,
): MeshEvent[] {
  const held = (
    reason: Hold["reason"],
    nodes: readonly Omit<Hold["nodes"][number], "name">[],
    detail: string,
  ): MeshEvent => {
    const named = nodes.map((node) => ({ ...node, name: network.nameOf(node.node) }));
    const hold = { reason, detail, nodes: named, revision: network.state.revision, heldAt: now };
    return { type: "held", reason, hold: nodes.length === 0 ? null : hold };
  };
  return [
    held(
      "peer_loss",
      culprits,
      `${culprits.length} nodes would lose more than 30 % of their peers; ${waiting.length} nodes wait.`,
    ),
    held(
      "failure",
      faults.map(({ node }) => ({ node, before: 0, after: 0 })),
      faults
        .slice(0, FAULTS_IN_WORDS)
        .map(({ node, code }) => `${network.nameOf(node)}: ${code}`)
        .join("; "),
    ),
  ];
}
