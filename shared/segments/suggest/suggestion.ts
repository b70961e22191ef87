import { logOdds, probability } from "./evidence.ts";
import { flowGraph, type SeenFlow } from "./flow-graph.ts";
import type { RoleModel } from "./role-model.ts";
import { inferRoles } from "./roles.ts";
import { stability } from "./stability.ts";

export interface SuggestedRole {
  /** In ascending order. The first one names the role. */
  readonly nodes: readonly string[];
  /** From 0 to 1: how much of the role stays together when a part of what was seen is left out. */
  readonly confidence: number;
}

export interface SuggestedRule {
  /** Positions in the list of roles. */
  readonly from: number;
  readonly to: number;
  readonly service: string;
  /** How many pairs of nodes used the service, of how many that the rule would let use it. */
  readonly seen: number;
  readonly pairs: number;
  /**
   * From 0 to 1: how probable it is that a rule stands behind what was seen and no chance, and that the roles are right. A rule
   * that was seen between few pairs is never sure (Laplace's rule of succession).
   */
  readonly confidence: number;
}

export interface Suggestion {
  readonly roles: readonly SuggestedRole[];
  readonly rules: readonly SuggestedRule[];
  /** What was seen and no suggested rule would let pass. */
  readonly breaks: readonly SeenFlow[];
}

/** Rules that are less probable than chance are not suggested. */
const LEAST_PROBABLE = 0.5;

/** Roles and least-privilege rules that explain the flows. The same flows give the same suggestion, whatever their order. */
export function suggest(flows: readonly SeenFlow[]): Suggestion {
  const graph = flowGraph(flows);
  const model = inferRoles(graph);
  const members = model.roles().map((role) => graph.nodes.filter((_, node) => model.roleOf(node) === role));
  const order = [...members.keys()].sort((a, b) => compare(members[a]?.[0], members[b]?.[0]));
  const confidences = stability(flows, members);
  const roles = order.map((index) => ({
    nodes: members[index] ?? [],
    confidence: confidences[index] ?? 0,
  }));
  const rules = rulesOf(model, graph.services, order, roles);
  return { roles, rules, breaks: unexplained(flows, roles, rules) };
}

function rulesOf(
  model: RoleModel,
  services: readonly string[],
  order: readonly number[],
  roles: readonly SuggestedRole[],
): SuggestedRule[] {
  const ids = model.roles();
  const position = new Map(order.map((index, place) => [ids[index] ?? -1, place]));
  const placeOf = (role: number): number => position.get(role) ?? -1;
  const rules: SuggestedRule[] = [];
  for (const { from, to, service, seen, pairs, prior } of model.links()) {
    if (pairs === 0) continue;
    const probable = probability(logOdds(seen, pairs, prior, model.noise));
    if (probable < LEAST_PROBABLE) continue;
    const [source, destination] = [placeOf(from), placeOf(to)];
    const sure = Math.min(roles[source]?.confidence ?? 0, roles[destination]?.confidence ?? 0);
    const name = services[service] ?? "";
    rules.push({
      from: source,
      to: destination,
      service: name,
      seen,
      pairs,
      confidence: (probable * sure * (seen + 1)) / (seen + 2),
    });
  }
  return rules.sort((a, b) => a.from - b.from || a.to - b.to || compare(a.service, b.service));
}

/** The flows that no rule between the roles of their nodes lets pass, each once. */
function unexplained(
  flows: readonly SeenFlow[],
  roles: readonly SuggestedRole[],
  rules: readonly SuggestedRule[],
): SeenFlow[] {
  const roleOf = new Map(roles.flatMap(({ nodes }, index) => nodes.map((node) => [node, index] as const)));
  const permitted = new Set(rules.map(({ from, to, service }) => `${from} ${to} ${service}`));
  const breaks = new Map<string, SeenFlow>();
  for (const flow of flows) {
    const { source, destination, service } = flow;
    if (source === destination) continue;
    if (permitted.has(`${roleOf.get(source)} ${roleOf.get(destination)} ${service}`)) continue;
    breaks.set(`${source} ${destination} ${service}`, { source, destination, service });
  }
  return [...breaks].sort(([a], [b]) => compare(a, b)).map(([, flow]) => flow);
}

const compare = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);
