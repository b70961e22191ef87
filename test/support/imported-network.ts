import { contains, hostOf, type Prefix, prefixOf } from "../../shared/net/prefix.ts";
import type { Grant } from "../../shared/node/config/types.ts";
import { parseMicrosegment } from "../../shared/segments/microsegment-text.ts";
import { Placements } from "../../shared/segments/placements.ts";
import { parseRule } from "../../shared/segments/rule.ts";
import { createSegmentIndex } from "../../shared/segments/segment-index.ts";
import type { NodeFacts, SegmentRule } from "../../shared/segments/types.ts";
import type { Imported, ImportedRule } from "../../shared/tailscale/to-rules.ts";

/** What imported rules permit, asked of the links that nodes would be told. Names are ids here. */

type Network = Pick<Imported, "microsegments" | "rules">;

/** The nodes with the microsegments that they are in. */
export function placed(facts: readonly NodeFacts[], { microsegments }: Network): NodeFacts[] {
  const placements = new Placements();
  placements.setMicrosegments(
    microsegments.map(({ name, type, where = "", include = [] }) => {
      const lists = { exclude: [], remediation: [], atMost: [] };
      const parsed = parseMicrosegment({ type, isolation: "standard", where, unless: "", include, ...lists });
      if (!parsed.ok) throw new Error(`${name}: ${parsed.error.detail}`);
      return { id: name, name, type, isolation: "standard", acceptsClaims: false, ...parsed.value };
    }),
  );
  return facts.map((node) => {
    const known: [string, string][] = node.user === null ? [] : [["user.email", node.user]];
    return { ...node, ...placements.place(node, new Map(known)) };
  });
}

export interface Point {
  readonly node: string;
  /** One address. */
  readonly address: Prefix;
  /** Whether the address is of a network behind the node. */
  readonly behind: boolean;
}

/** Answers whether a packet passes. `protocol` is the number of IANA; `port` counts for TCP and UDP. */
export type Ask = (from: Point, to: Point, protocol: number, port: number) => boolean;

export function askOf(facts: readonly NodeFacts[], rules: readonly ImportedRule[]): Ask {
  const compiled = new Map(rules.map((rule) => [rule.name, compile(rule)]));
  const index = createSegmentIndex();
  for (const node of facts) index.upsert(node);
  index.setRules([...compiled.values()]);
  const links = new Map(
    facts.map(({ id }) => [id, new Map(index.linksOf(id).map((link) => [link.peer, link]))]),
  );
  return (from, to, protocol, port) =>
    (links.get(to.node)?.get(from.node)?.inbound ?? []).some(
      (grant) =>
        isAt(grant.from, from) &&
        isAt(grant.to, to) &&
        passes(compiled.get(grant.rule), from.address.version, protocol, port),
    );
}

/** Whom each node sees, with whichever exit node it chooses. */
export function visiblePeers(
  facts: readonly NodeFacts[],
  rules: readonly ImportedRule[],
): Map<string, Set<string>> {
  const exits = facts.filter(({ routes }) => routes.some((route) => route.endsWith("/0")));
  const peers = new Map(facts.map(({ id }) => [id, new Set<string>()]));
  for (const exitNode of [null, ...exits.map(({ id }) => id)]) {
    const index = createSegmentIndex();
    for (const node of facts) index.upsert({ ...node, exitNode });
    index.setRules(rules.map(compile));
    for (const { id } of facts) for (const { peer } of index.linksOf(id)) peers.get(id)?.add(peer);
  }
  return peers;
}

/** @throws when a rule is none: what the translation makes is always one */
function compile(rule: ImportedRule): SegmentRule {
  const parsed = parseRule(rule);
  if (!parsed.ok) {
    const { field, index, detail } = parsed.error;
    throw new Error(`${rule.name}: ${field}[${index}]: ${detail}`);
  }
  return { id: rule.name, name: rule.name, ...parsed.value };
}

function isAt(side: Grant["from"], point: Point): boolean {
  if (side === undefined) return !point.behind;
  return side.some((text) => {
    const block = blockOf(text);
    return block !== null && block.length > 0 && contains(block, point.address);
  });
}

const blocks = new Map<string, Prefix | null>();

/** The same few texts are asked about again and again. */
export function blockOf(text: string): Prefix | null {
  const known = blocks.get(text);
  if (known !== undefined) return known;
  const block = hostOf(text) ?? prefixOf(text);
  blocks.set(text, block);
  return block;
}

const NAMES: Readonly<Record<number, string>> = { 1: "icmp", 58: "icmp", 6: "tcp", 17: "udp" };

function passes(rule: SegmentRule | undefined, version: 4 | 6, protocol: number, port: number): boolean {
  return (rule?.traffic ?? []).some(
    ({ protocol: name, family, ports }) =>
      (family ?? version) === version &&
      (name === "any" || name === NAMES[protocol]) &&
      (ports.length === 0 || ports.some(([first, last]) => first <= port && port <= last)),
  );
}
