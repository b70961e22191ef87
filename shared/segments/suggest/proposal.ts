import type { ObservedFlow } from "../flow-graph.ts";
import { type Candidate, Descriptions, type Membership, membershipOf } from "./criterion.ts";
import { nameOfRole } from "./names.ts";
import type { Permissions } from "./permissions.ts";
import { type Broken, brokenBy, type Exposure, exposureOf, type Use, unusedInto } from "./recorded-use.ts";
import type { SuggestedRule, Suggestion } from "./suggestion.ts";

/** A role and the rules into it, as an administrator judges and accepts them. */

/** Below this confidence nothing is put in force. */
export const LEAST_CONFIDENCE = 0.6;

/** What members are called, and who they are. Null: a microsegment with exactly these members is there already. */
export interface ProposedMicrosegment {
  readonly name: string;
  readonly membership: Membership | null;
  /** Ids of its members. */
  readonly nodes: readonly string[];
}

export interface ProposedTraffic {
  /** As rules write it. */
  readonly service: string;
  /** How many pairs of nodes used it, of how many that may then. */
  readonly seen: number;
  readonly pairs: number;
  readonly confidence: number;
  /** How many of these pairs no rule of today permits. */
  readonly widens: number;
}

export interface ProposedRule {
  /** The names of microsegments. */
  readonly from: string;
  readonly to: string;
  readonly traffic: readonly ProposedTraffic[];
}

export interface Proposal {
  readonly name: string;
  readonly confidence: number;
  /** Ids of nodes. */
  readonly members: readonly string[];
  /** The role's own first, then those from which its rules come. */
  readonly microsegments: readonly ProposedMicrosegment[];
  readonly rules: readonly ProposedRule[];
  /** What is recorded and would be refused if the rules that are sure enough were all that lets in. */
  readonly breaks: Broken;
  /** What today's rules let in and nobody used. */
  readonly unused: readonly Use[];
  readonly exposure: Exposure;
  /** The microsegment that falls into several roles, of which this is one. */
  readonly splits: string | null;
}

export interface Surroundings {
  readonly candidates: readonly Candidate[];
  /** Whether these are all nodes of the network. Else a criterion might let in others, so members are listed by name. */
  readonly isWhole: boolean;
  readonly permissions: Permissions;
  /** The members of the microsegments that are there, by name. */
  readonly existing: ReadonlyMap<string, readonly string[]>;
  /** Names that are taken. */
  readonly names: ReadonlySet<string>;
  /** All permitted flows that are recorded, whoever reports them. */
  readonly recorded: readonly ObservedFlow[];
  /** Whether a rule between exactly these microsegments permits the service already. */
  isInForce(from: string, to: string, service: string): boolean;
}

export const keyOfMembers = (nodes: readonly string[]): string => [...nodes].sort().join();

/** The roles into which a rule is missing, those that are surest first. */
export function proposalsOf({ roles, rules }: Suggestion, around: Surroundings): Proposal[] {
  const named = namedRoles(
    roles.map(({ nodes }) => nodes),
    around,
  );
  const rulesInto = Map.groupBy(rules, ({ to }) => to);
  const recordedInto = Map.groupBy(around.recorded, ({ destination }) => destination.node);
  const splits = splitsOf(roles, around.existing);
  const proposals = roles.flatMap(({ nodes, confidence }, role) => {
    const into = rulesInto.get(role) ?? [];
    const recorded = nodes.flatMap((node) => recordedInto.get(node) ?? []);
    const missing = into.filter(
      ({ from, to, service }) => !around.isInForce(named[from]?.name ?? "", named[to]?.name ?? "", service),
    );
    const own = named[role];
    if (missing.length === 0 || !own) return [];
    const sources = [...new Set(missing.map(({ from }) => from))];
    const callers = sources.filter((from) => from !== role).flatMap((from) => named[from] ?? []);
    const permitted = into
      .filter((rule) => rule.confidence >= LEAST_CONFIDENCE)
      .map(({ from, service }) => ({ sources: roles[from]?.nodes ?? [], service }));
    return {
      name: own.name,
      confidence,
      members: nodes,
      microsegments: [own, ...callers],
      rules: sources.map((from) => ({
        from: named[from]?.name ?? "",
        to: own.name,
        traffic: missing
          .filter((rule) => rule.from === from)
          .map((rule) => trafficOf(rule, roles, around.permissions)),
      })),
      breaks: brokenBy(permitted, nodes, recorded),
      unused: unusedInto(nodes, recorded, around.permissions),
      exposure: exposureOf(permitted, nodes, around.permissions),
      splits: splits.get(role) ?? null,
    };
  });
  return proposals.sort((a, b) => b.confidence - a.confidence || (a.name < b.name ? -1 : 1));
}

/** By role: the microsegment that has its nodes and others, and consists of whole roles that are sure enough. */
function splitsOf(roles: Suggestion["roles"], existing: Surroundings["existing"]): Map<number, string> {
  const roleOf = new Map(roles.flatMap(({ nodes }, role) => nodes.map((node) => [node, role] as const)));
  const splits = new Map<number, string>();
  for (const [name, members] of existing) {
    const parts = Map.groupBy(members, (node) => roleOf.get(node));
    const areWhole = [...parts].every(([role, nodes]) => {
      const found = role === undefined ? undefined : roles[role];
      return found?.nodes.length === nodes.length && found.confidence >= LEAST_CONFIDENCE;
    });
    if (parts.size < 2 || !areWhole) continue;
    for (const role of parts.keys()) if (role !== undefined && !splits.has(role)) splits.set(role, name);
  }
  return splits;
}

function trafficOf(
  { from, to, service, seen, pairs, confidence }: SuggestedRule,
  roles: Suggestion["roles"],
  { permits }: Permissions,
): ProposedTraffic {
  const [sources, destinations] = [roles[from]?.nodes ?? [], roles[to]?.nodes ?? []];
  let widens = 0;
  for (const source of sources)
    for (const destination of destinations)
      if (source !== destination && !permits(source, destination, service)) widens += 1;
  return { service, seen, pairs, confidence, widens };
}

function namedRoles(roles: readonly (readonly string[])[], around: Surroundings): ProposedMicrosegment[] {
  const taken = new Set(around.names);
  const existing = new Map([...around.existing].map(([name, members]) => [keyOfMembers(members), name]));
  const descriptions = new Descriptions(around.candidates, around.isWhole);
  return roles.map((nodes) => {
    const there = existing.get(keyOfMembers(nodes));
    if (there !== undefined) return { name: there, membership: null, nodes };
    const membership = membershipOf(new Set(nodes), descriptions);
    const name = nameOfRole(membership, nodes.map(descriptions.nameOf), taken);
    taken.add(name);
    return { name, membership, nodes };
  });
}
