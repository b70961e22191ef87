import type { Meaning } from "../../../shared/segments/suggest/memory.ts";
import { LEAST_CONFIDENCE, type Proposal } from "../../../shared/segments/suggest/proposal.ts";
import { serviceOf } from "../../../shared/segments/suggest/watch.ts";
import type { NetworkCopy } from "../../mesh/network-copy.ts";
import { type Basis, type Body, newSuggestion, type SuggestionRow } from "./row.ts";

/** How many of today's unused permissions are told. */
const MOST_UNUSED = 20;

/** A role as it is stored, with names instead of ids where people read it. */
export function roleRow(proposal: Proposal, basis: Basis, copy: NetworkCopy, now: number): SuggestionRow {
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
    narrowing: null,
    splits: proposal.splits,
  };
  const callers = proposal.microsegments.flatMap(({ nodes }) => nodes);
  const meaning: Meaning = {
    about: members,
    says: [...new Set(traffic.map(({ service }) => service))],
    to: [...new Set(callers)],
  };
  const seen = traffic.reduce((sum, { seen }) => sum + seen, 0);
  return newSuggestion({ name, kind: "role", confidence, seen, meaning, basis, body }, now);
}
