import type { Answer } from "../../../shared/api/endpoints.ts";
import type { ObservedFlow } from "../../../shared/segments/flow-graph.ts";
import { isTurnedDown, type Meaning, type Remembered } from "../../../shared/segments/suggest/memory.ts";
import {
  keyOfMembers,
  LEAST_CONFIDENCE,
  type Proposal,
  proposalsOf,
  type Surroundings,
} from "../../../shared/segments/suggest/proposal.ts";
import { suggest } from "../../../shared/segments/suggest/suggestion.ts";
import { supportOf } from "../../../shared/segments/suggest/support.ts";
import { isBetweenNodes, serviceOf } from "../../../shared/segments/suggest/watch.ts";
import { parseTraffic } from "../../../shared/segments/traffic.ts";
import { coversTraffic } from "../../../shared/segments/traffic-sets.ts";
import type { Selector } from "../../../shared/segments/types.ts";
import type { SegmentName } from "../../mesh/ask-all.ts";
import { membersOf, type NetworkCopy, networkCopy } from "../../mesh/network-copy.ts";
import { meshState } from "../../mesh/state.ts";
import { watchedFlows } from "../../mesh/watched.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { type Basis, type Body, insertSuggestion, type SuggestionRow } from "./row.ts";

const DAY_MS = 86_400_000;
/** More are not kept: nobody reads them, and the surest come first. */
const MOST_KEPT = 200;
/** How many of today's unused permissions are told. */
const MOST_UNUSED = 20;

export interface Wish {
  /** The home segment, or null for the whole network. */
  readonly segment: SegmentName | null;
  /** For how long the hub must have heard a node. */
  readonly days: number;
}

/** Makes suggestions anew from what is recorded. Those that wait are replaced, and what was turned down stays away. */
export async function makeSuggestions(
  bindings: Bindings,
  { segment, days }: Wish,
  now: number,
): Promise<{
  readonly statements: readonly D1PreparedStatement[];
  readonly body: Answer<"suggestions.make">;
}> {
  const { db } = bindings;
  const { revision, reportsFlows } = await meshState(db);
  if (!reportsFlows)
    throwRefusal(
      "too_little_observed",
      "Nodes report no flows. Switch `reportsFlows` on in the network's settings.",
    );
  const { watch, missing } = await watchedFlows(bindings);
  const homes = segment && (await nodesAtHome(db, segment.id));
  const support = supportOf(watch, (node) => homes === null || homes.has(node), days * DAY_MS, now);
  const { since, leftOut } = support;
  if (since === null) throwRefusal("too_little_observed", whyNothing(leftOut, days));
  const copy = await networkCopy(db, support.nodes, now);
  if (copy === null) throwRefusal("too_little_observed", "The network has no nodes yet.");
  const basis: Basis = {
    revision,
    since,
    until: now,
    flows: support.flows.length,
    nodes: support.nodes.length,
    segment: segment?.name ?? null,
  };
  const recorded = watch.flows.filter((flow) => flow.verdict === "allowed" && isBetweenNodes(flow));
  const proposals = proposalsOf(suggest(support.flows), await surroundingsOf(db, copy, recorded));
  const turnedDown = await rememberedOf(db);
  const rows = proposals.map((proposal) => rowOf(proposal, basis, copy, now));
  const fresh = rows.filter((row) => !isTurnedDown(memoryOf(row), turnedDown)).slice(0, MOST_KEPT);
  return {
    statements: [
      db.prepare("DELETE FROM suggestions WHERE state = 'open'"),
      ...fresh.map((row) => insertSuggestion(db, row)),
    ],
    body: {
      basis,
      open: fresh.length,
      turnedDown: rows.filter((row) => isTurnedDown(memoryOf(row), turnedDown)).length,
      leftOut,
      missing,
      truncated: watch.truncated,
    },
  };
}

function whyNothing({ oneSided, tooNew }: Answer<"suggestions.make">["leftOut"], days: number): string {
  if (tooNew > 0)
    return `The hub has not heard any two nodes with a flow for ${days} days yet. Wait, or ask for fewer days.`;
  if (oneSided > 0)
    return "Each recorded flow is reported by one end alone, which is no evidence. Upgrade the agents of the other ends.";
  return "No connections between nodes are recorded. Nodes report once a minute.";
}

async function nodesAtHome(db: D1Database, segment: string): Promise<ReadonlySet<string>> {
  const { results } = await db
    .prepare("SELECT id FROM nodes WHERE segment_id = ?")
    .bind(segment)
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

async function surroundingsOf(
  db: D1Database,
  copy: NetworkCopy,
  recorded: readonly ObservedFlow[],
): Promise<Surroundings> {
  const { candidates, isWhole, permissions, microsegments, rules } = copy;
  const { results } = await db
    .prepare("SELECT name FROM segments UNION SELECT name FROM microsegments")
    .all<{ name: string }>();
  const names = new Map(microsegments.map(({ id, name }) => [id, name]));
  const known = isWhole ? [...membersOf(copy)] : [];
  const between = rules
    .filter(({ effect }) => effect !== "deny")
    .flatMap(({ from, to, traffic }) => {
      const [source, destination] = [onlySegment(from), onlySegment(to)].map((id) => names.get(id ?? ""));
      return source !== undefined && destination !== undefined ? [{ source, destination, traffic }] : [];
    });
  return {
    candidates,
    isWhole,
    permissions,
    existing: new Map(
      known.flatMap(([id, nodes]) => {
        const name = names.get(id);
        return name === undefined ? [] : [[keyOfMembers(nodes), name] as const];
      }),
    ),
    names: new Set(results.map(({ name }) => name)),
    recorded,
    isInForce: (from, to, service) => {
      const asked = parseTraffic(service);
      return (
        asked.ok &&
        between.some(
          ({ source, destination, traffic }) =>
            source === from && destination === to && coversTraffic(traffic, [asked.value]),
        )
      );
    },
  };
}

const onlySegment = (selectors: readonly Selector[]): string | null => {
  const [only, ...more] = selectors;
  return only?.kind === "segment" && more.length === 0 ? only.segment : null;
};

async function rememberedOf(db: D1Database): Promise<Remembered[]> {
  const { results } = await db
    .prepare("SELECT meaning, confidence, seen FROM suggestions WHERE state IN ('rejected', 'undone')")
    .all<Pick<SuggestionRow, "meaning" | "confidence" | "seen">>();
  return results.map(memoryOf);
}

const memoryOf = ({
  meaning,
  confidence,
  seen,
}: Pick<SuggestionRow, "meaning" | "confidence" | "seen">): Remembered => ({
  meaning: JSON.parse(meaning) as Meaning,
  confidence,
  seen,
});

function rowOf(proposal: Proposal, basis: Basis, copy: NetworkCopy, now: number): SuggestionRow {
  const { network, microsegments } = copy;
  const nameOf = (node: string): string => network.nameOf(node);
  const ids = new Map(microsegments.map(({ id, name }) => [name, id]));
  const ruleNames = new Map([...copy.rules, ...microsegments].map(({ id, name }) => [id, name]));
  const { name, confidence, members, rules, breaks } = proposal;
  const traffic = rules.flatMap((rule) => rule.traffic);
  const body: Body = {
    members: members.map(nameOf).sort(),
    microsegments: proposal.microsegments.map(({ name, membership, nodes }) => ({
      name,
      id: membership === null ? (ids.get(name) ?? null) : null,
      exists: membership === null,
      members: nodes.length,
      nodes,
      type: membership?.type ?? "",
      where: membership?.where ?? "",
      include: [...(membership?.include ?? [])],
      exclude: [...(membership?.exclude ?? [])],
      fit: membership?.fit ?? null,
    })),
    rules: rules.map((rule) => ({
      ...rule,
      traffic: rule.traffic.map((one) => ({ ...one, sure: one.confidence >= LEAST_CONFIDENCE })),
    })),
    breaks: {
      ...breaks,
      items: breaks.items.map(({ source, destination, count, lastSeenAt, reportedBy, ...flow }) => ({
        source: nameOf(source.node),
        destination: nameOf(destination.node),
        traffic: serviceOf(flow) ?? flow.protocol,
        count,
        lastSeenAt,
        reportedBy: [...reportedBy],
      })),
    },
    unused: proposal.unused
      .slice(0, MOST_UNUSED)
      .map(({ rule, ...use }) => ({ rule: ruleNames.get(rule) ?? rule, ...use })),
    exposure: proposal.exposure,
  };
  const callers = proposal.microsegments.flatMap(({ nodes }) => nodes);
  const meaning: Meaning = {
    about: members,
    says: [...new Set(traffic.map(({ service }) => service))],
    to: [...new Set(callers)],
  };
  return {
    id: freshId("suggestion"),
    name,
    kind: "role",
    state: "open",
    confidence,
    seen: traffic.reduce((sum, { seen }) => sum + seen, 0),
    meaning: JSON.stringify(meaning),
    basis: JSON.stringify(basis),
    body: JSON.stringify(body),
    decided_by: null,
    decided_at: null,
    undo: null,
    share: 0,
    version: 1,
    created_at: now,
    updated_at: now,
  };
}
