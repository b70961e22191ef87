import { flowGraph, hashOf, type SeenFlow } from "./flow-graph.ts";
import { inferRoles } from "./roles.ts";

/** The flows are dealt into so many parts; each trial leaves another part out. */
const PARTS = 5;
/** Of few flows every part is left out once, since chance decides much there. Of many that costs too much. */
const FEW_FLOWS = 200;
const MANY_FLOWS = 12_000;
const trialsOf = (flows: number): number => (flows <= FEW_FLOWS ? PARTS : flows <= MANY_FLOWS ? 2 : 1);

/**
 * How much of each role comes out again when a fifth of the flows is left out: the mean, over the trials, of the overlap (Jaccard)
 * with the role that is most like it. A role that rests on a few chance flows falls apart then.
 */
export function stability(flows: readonly SeenFlow[], roles: readonly (readonly string[])[]): number[] {
  const sums = roles.map(() => 0);
  const trials = trialsOf(flowGraph(flows).size);
  for (let trial = 0; trial < trials; trial++) {
    const graph = flowGraph(flows.filter((flow) => partOf(flow) !== trial));
    const model = inferRoles(graph);
    const again = new Map(graph.nodes.map((name, node) => [name, model.roleOf(node)]));
    for (const [index, nodes] of roles.entries()) {
      const overlaps = Map.groupBy(
        nodes.map((node) => again.get(node)),
        (role) => role,
      );
      let best = 0;
      for (const [role, shared] of overlaps) {
        if (role === undefined) continue;
        const union = nodes.length + model.sizeOf(role) - shared.length;
        best = Math.max(best, shared.length / union);
      }
      sums[index] = (sums[index] ?? 0) + best;
    }
  }
  return sums.map((sum) => sum / trials);
}

const partOf = (flow: SeenFlow): number => hashOf(flow) % PARTS;
