import { printAddressSet } from "../../segments/algebra/address-line.ts";
import { type Circumstances, Permissions } from "../../segments/algebra/permissions.ts";
import { reachable, type Way } from "../../segments/algebra/reachable.ts";
import type { Region } from "../../segments/algebra/region.ts";
import { printTrafficSet, trafficSet } from "../../segments/algebra/traffic-line.ts";
import { type End, isAddress, routerTo } from "../../segments/why/ends.ts";
import { why } from "../../segments/why/why.ts";
import { inWords, type WhyInWords } from "../../segments/why/words.ts";
import { nextChange } from "../../segments/windows.ts";
import { ALL_OF_RULES } from "../config/rule-terms.ts";
import type { Traffic } from "../config/types.ts";
import type { Network } from "./network.ts";

/** Answers of a segment's object about the whole network, from the copy of the registry that configs are built from. */

/** The moment of a question, and what agents know of rules, of those that don't know all. */
export interface Standpoint {
  readonly at: number;
  readonly older: Readonly<Record<string, number>>;
}

export interface WhyQuestion extends Standpoint {
  /** A node by id, name or overlay address, or an address behind a node. */
  readonly from: string;
  readonly to: string;
  readonly traffic: readonly Traffic[];
}

export interface ReachQuestion extends Standpoint {
  readonly end: string;
  readonly way: Way;
  readonly traffic: readonly Traffic[];
  /** Where the page begins: behind the node of this name. */
  readonly after: string | null;
  readonly limit: number;
}

/** What can't be answered: the text of an end that is no node, and behind no node. */
export interface NoEnd {
  readonly unknown: string;
}

export type WhyAnswer =
  | NoEnd
  | (WhyInWords & {
      /** When a rule between the two begins or ends next. */
      readonly changesAt: number | null;
    });

export interface ReachItem {
  readonly node: string;
  readonly name: string;
  readonly home: string;
  readonly user: string | null;
  /** Addresses behind the node that take part instead of the node itself. */
  readonly behind: string[];
  readonly traffic: string[];
}

export type ReachAnswer =
  | NoEnd
  | {
      readonly end: End & { readonly name: string };
      /** How many nodes there are in all. */
      readonly total: number;
      /** How many of them are in each home segment and have each tag, those with the most first. */
      readonly groups: { readonly kind: "segment" | "tag"; readonly name: string; readonly nodes: number }[];
      readonly items: ReachItem[];
      readonly next: string | null;
    };

const MOST_GROUPS = 50;
const MOST_BLOCKS = 8;

export const circumstancesOf = ({ at, older }: Standpoint): Circumstances => ({
  at,
  knowledgeOf: (node) => older[node] ?? ALL_OF_RULES,
});

export function answerWhy(network: Network, question: WhyQuestion): WhyAnswer {
  const { index } = network;
  const circumstances = circumstancesOf(question);
  const permissions = new Permissions(index, circumstances);
  // Which router an address lies behind is seen from the other end.
  const seenFrom = (text: string): string | null => network.idOf(text) ?? network.idAt(text);
  const from = endOf(network, question.from, seenFrom(question.to), permissions);
  if (!from) return { unknown: question.from };
  const to = endOf(network, question.to, from.node, permissions);
  if (!to) return { unknown: question.to };
  const answer = why(from, to, trafficSet(question.traffic), { index, permissions, ...circumstances });
  const words = inWords(answer, from, to, {
    index,
    segmentName: (id) => network.segmentName(id),
    explain: (microsegment, node) => network.explain(microsegment, node),
  });
  return {
    ...words,
    changesAt: nextChange(
      answer.rules.map(({ rule }) => rule),
      question.at,
    ),
  };
}

/** Null if the text is no node, and no address that a node forwards to. */
function endOf(network: Network, text: string, viewer: string | null, permissions: Permissions): End | null {
  const node = network.idOf(text) ?? network.idAt(text);
  if (node !== null) return { node, address: null };
  if (!isAddress(text)) return null;
  const router = routerTo(text, viewer, permissions, network.index.world());
  return router === null ? null : { node: router, address: text };
}

export function answerReach(network: Network, question: ReachQuestion): ReachAnswer {
  const { index } = network;
  const circumstances = circumstancesOf(question);
  const permissions = new Permissions(index, circumstances);
  const end = endOf(network, question.end, null, permissions);
  if (!end) return { unknown: question.end };
  const reached = reachable(
    end,
    question.way,
    trafficSet(question.traffic),
    permissions,
    index.world(),
    circumstances,
  );
  const named = reached
    .map(({ node, region }) => ({ name: network.nameOf(node), node, region }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = named.filter(({ name }) => question.after === null || name > question.after);
  const shown = page.slice(0, question.limit);
  return {
    end: { ...end, name: network.nameOf(end.node) },
    total: named.length,
    groups: groupsOf(
      network,
      named.map(({ node }) => node),
    ),
    items: shown.map(({ node, name, region }) => itemOf(network, node, name, region, question.way)),
    next: shown.length < page.length ? (shown.at(-1)?.name ?? null) : null,
  };
}

function itemOf(network: Network, node: string, name: string, region: Region, way: Way): ReachItem {
  const facts = network.index.node(node);
  const side = way === "to" ? "from" : "to";
  return {
    ...{ node, name, user: facts?.user ?? null },
    home: network.segmentName(facts?.segment ?? ""),
    behind: region.flatMap((box) => printAddressSet(box[side] ?? [], MOST_BLOCKS)).slice(0, MOST_BLOCKS),
    traffic: [...new Set(region.flatMap(({ traffic }) => printTrafficSet(traffic)))],
  };
}

function groupsOf(network: Network, nodes: readonly string[]) {
  const counts = new Map<string, { kind: "segment" | "tag"; name: string; nodes: number }>();
  const count = (kind: "segment" | "tag", name: string) => {
    const known = counts.get(`${kind} ${name}`);
    if (known) known.nodes += 1;
    else counts.set(`${kind} ${name}`, { kind, name, nodes: 1 });
  };
  for (const id of nodes) {
    const facts = network.index.node(id);
    if (!facts) continue;
    for (const tag of facts.tags) count("tag", tag);
    for (const segment of [facts.segment, ...facts.microsegments])
      count("segment", network.segmentName(segment));
  }
  return [...counts.values()]
    .sort((a, b) => b.nodes - a.nodes || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_GROUPS);
}
