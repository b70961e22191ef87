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
    const changed = mergeRoles(model);
    if (changed.size === 0 && round > 0) break;
    const nodes = [...graph.nodes.keys()];
    if (
      !moveNodes(model, graph, round === 0 ? nodes : nodes.filter((node) => changed.has(model.roleOf(node))))
    )
      break;
  }
  return model;
}

interface Merge {
  readonly one: number;
  readonly other: number;
  readonly gain: number;
}

/**
 * Looks at all roles once, and then at those that were merged, or whose neighbours were.
 * @returns The roles that were merged, and their neighbours.
 */
function mergeRoles(model: RoleModel): Set<number> {
  const changed = new Set<number>();
  for (let waiting: Iterable<number> = model.roles(); ; ) {
    model.countUsers();
    const promising = promisingMerges(model, waiting);
    if (promising.length === 0) return changed;
    const touched = new Set<number>();
    const next = new Set<number>();
    let left = Math.max(1, Math.ceil(promising.length * AT_ONCE));
    for (const { one, other } of promising) {
      if (left === 0 || touched.has(one) || touched.has(other)) {
        next.add(one).add(other);
        continue;
      }
      touched.add(one).add(other);
      const [into, from] = model.sizeOf(one) >= model.sizeOf(other) ? [one, other] : [other, one];
      model.merge(into, from);
      for (const role of [into, ...model.neighbours(into)]) {
        next.add(role);
        changed.add(role);
      }
      left -= 1;
    }
    waiting = [...next].filter((role) => model.sizeOf(role) > 0).sort((a, b) => a - b);
  }
}

/** The best first. */
function promisingMerges(model: RoleModel, roles: Iterable<number>): Merge[] {
  const judged = new Set<number>();
  const merges: Merge[] = [];
  for (const role of roles) {
    for (const candidate of model.alike(role, CANDIDATES)) {
      const [one, other] = role < candidate ? [role, candidate] : [candidate, role];
      const pair = one * model.places + other;
      if (judged.has(pair)) continue;
      judged.add(pair);
      const gain = model.gainOfMerging(one, other);
      if (gain > LEAST) merges.push({ one, other, gain });
    }
  }
  return merges.sort((a, b) => b.gain - a.gain || a.one - b.one || a.other - b.other);
}

/**
 * Looks at the nodes once, and then at those whose neighbourhood has changed.
 * @returns Whether one was moved.
 */
function moveNodes(model: RoleModel, graph: FlowGraph, nodes: readonly number[]): boolean {
  model.countUsers();
  let moved = false;
  let waiting = new Set(nodes);
  for (let pass = 0; pass < MAX_PASSES && waiting.size > 0; pass++) {
    const next = new Set<number>();
    for (const node of waiting) {
      const to = bestRole(model, node);
      if (to === null) continue;
      model.move(node, to);
      moved = true;
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
