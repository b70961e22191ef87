import type { FlowGraph } from "./flow-graph.ts";
import { RoleModel } from "./role-model.ts";

/** How many other roles are tried for a role or node. */
const CANDIDATES = 8;
/** The share of the promising merges that are done before all are judged again. */
const AT_ONCE = 0.3;
const MAX_ROUNDS = 8;
const MAX_PASSES = 6;
/** A smaller gain is an error of arithmetic. */
const LEAST = 1e-6;

/** Finds the roles that explain the flows best: roles are merged, then single nodes are moved, until neither helps. */
export function inferRoles(graph: FlowGraph): RoleModel {
  const model = new RoleModel(graph);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const merged = mergeRoles(model);
    const moved = moveNodes(model, graph);
    if (merged + moved === 0) break;
  }
  return model;
}

interface Merge {
  readonly one: number;
  readonly other: number;
  readonly gain: number;
}

function mergeRoles(model: RoleModel): number {
  let merged = 0;
  for (;;) {
    model.countUsers();
    const promising = promisingMerges(model);
    if (promising.length === 0) return merged;
    const touched = new Set<number>();
    let left = Math.max(1, Math.ceil(promising.length * AT_ONCE));
    for (const { one, other } of promising) {
      if (left === 0) break;
      if (touched.has(one) || touched.has(other)) continue;
      touched.add(one).add(other);
      const [into, from] = model.sizeOf(one) >= model.sizeOf(other) ? [one, other] : [other, one];
      model.merge(into, from);
      merged += 1;
      left -= 1;
    }
  }
}

/** The best first. */
function promisingMerges(model: RoleModel): Merge[] {
  const judged = new Set<string>();
  const merges: Merge[] = [];
  for (const role of model.roles()) {
    for (const candidate of model.alike(role, CANDIDATES)) {
      const [one, other] = role < candidate ? [role, candidate] : [candidate, role];
      if (judged.has(`${one} ${other}`)) continue;
      judged.add(`${one} ${other}`);
      const gain = model.gainOfMerging(one, other);
      if (gain > LEAST) merges.push({ one, other, gain });
    }
  }
  return merges.sort((a, b) => b.gain - a.gain || a.one - b.one || a.other - b.other);
}

/** Looks at all nodes once, and then at those whose neighbourhood has changed. */
function moveNodes(model: RoleModel, graph: FlowGraph): number {
  model.countUsers();
  let moved = 0;
  let waiting = new Set(graph.nodes.keys());
  for (let pass = 0; pass < MAX_PASSES && waiting.size > 0; pass++) {
    const next = new Set<number>();
    for (const node of waiting) {
      const to = bestRole(model, node);
      if (to === null) continue;
      model.move(node, to);
      moved += 1;
      for (const { node: neighbour } of [...(graph.calls[node] ?? []), ...(graph.callers[node] ?? [])])
        next.add(neighbour);
    }
    waiting = next;
  }
  return moved;
}

/** Null when the node has its best role. */
function bestRole(model: RoleModel, node: number): number | null {
  const candidates = model.alikeToNode(node, CANDIDATES);
  const free = model.sizeOf(model.roleOf(node)) > 1 ? model.freeRole() : null;
  if (free !== null) candidates.push(free);
  let best: number | null = null;
  let most = LEAST;
  for (const to of candidates) {
    const gain = model.gainOfMoving(node, to);
    if (gain > most) [best, most] = [to, gain];
  }
  return best;
}
