import type { Grant, Traffic } from "../../node/config/types.ts";
import { parseTraffic } from "../traffic.ts";
import { commonTraffic, coversTraffic } from "../traffic-sets.ts";
import type { SegmentIndex, SegmentRule } from "../types.ts";

/** Nodes of which the rules say the same, and the rules by which they reach a node, or it reaches them. */
export interface Neighbours {
  readonly nodes: readonly string[];
  readonly rules: readonly string[];
}

/** What rules say of traffic from one node to another. */
interface Verdict {
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}
const SILENCE: Verdict = { allowed: [], denied: [] };

/** From one class, by these rules. */
interface Edge {
  readonly from: number;
  readonly rules: readonly string[];
}

/**
 * What the rules let nodes open to each other, read off the compiled links. Nodes of which all rules say the same are asked about
 * once, so that a rule for everybody does not cost each pair of nodes. Whether a rule holds at this hour is not asked: a rule
 * with hours counts as one that permits.
 */
export class Permissions {
  readonly #index: SegmentIndex;
  readonly #traffic: ReadonlyMap<string, readonly Traffic[]>;
  readonly #classOf = new Map<string, number>();
  readonly #members = new Map<number, string[]>();
  /** By class of the source and class of the destination. */
  readonly #verdicts = new Map<number, ReadonlyMap<number, Verdict>>();
  /** By class: the classes that may open something to it, and by which rules. */
  #sources: ReadonlyMap<number, readonly Edge[]> | undefined;
  /** By class: how many nodes one of its nodes reaches through others. */
  readonly #spread = new Map<number, number>();

  /** @param rules All rules of the index, those that isolation levels imply among them. */
  constructor(index: SegmentIndex, rules: readonly SegmentRule[], nodes: readonly string[]) {
    this.#index = index;
    this.#traffic = new Map(rules.map(({ id, traffic }) => [id, traffic]));
    for (const id of nodes) {
      const kin = index.kinOf(id);
      if (kin === null) continue;
      this.#classOf.set(id, kin);
      const members = this.#members.get(kin) ?? [];
      this.#members.set(kin, members);
      members.push(id);
    }
  }

  /** The rules by which one node may open the service to another, in order. Empty where it may not. */
  rulesFor(source: string, destination: string, service: string): string[] {
    const { allowed, denied } = this.#verdictsOf(source).get(this.#classOf.get(destination) ?? -1) ?? SILENCE;
    const asked = parseTraffic(service);
    if (!asked.ok || source === destination) return [];
    const refused = denied.flatMap(this.#trafficOf);
    return allowed.filter((rule) => {
      const meant = this.#trafficOf(rule).flatMap((entry) => commonTraffic(entry, asked.value) ?? []);
      return meant.length > 0 && !coversTraffic(refused, meant);
    });
  }

  permits = (source: string, destination: string, service: string): boolean =>
    this.rulesFor(source, destination, service).length > 0;

  /** Whom a node may open something to. */
  destinationsOf(source: string): Neighbours[] {
    return [...this.#verdictsOf(source)].flatMap(([to, { allowed }]) => this.#besides(source, to, allowed));
  }

  /** Who may open something to a node. */
  sourcesOf(destination: string): Neighbours[] {
    this.#sources ??= this.#edgesBack();
    const edges = this.#sources.get(this.#classOf.get(destination) ?? -1) ?? [];
    return edges.flatMap(({ from, rules }) => this.#besides(destination, from, rules));
  }

  /** How many nodes can be reached from a node if each that is reached opens to others what it may: how far a break-in may come. */
  spreadFrom(source: string): number {
    const start = this.#classOf.get(source);
    if (start === undefined) return 0;
    const known = this.#spread.get(start) ?? this.#spreadOf(start);
    this.#spread.set(start, known);
    return known;
  }

  #spreadOf(start: number): number {
    const reached = new Set<number>();
    for (const waiting = [start]; waiting.length > 0; ) {
      const [first = ""] = this.#members.get(waiting.pop() as number) ?? [];
      for (const [to, { allowed }] of this.#verdictsOf(first)) {
        if (allowed.length === 0 || reached.has(to)) continue;
        reached.add(to);
        waiting.push(to);
      }
    }
    // What comes back to the node itself is nothing new.
    const nodes = [...reached].reduce((sum, kin) => sum + (this.#members.get(kin)?.length ?? 0), 0);
    return nodes - (reached.has(start) ? 1 : 0);
  }

  #edgesBack(): Map<number, Edge[]> {
    const edges = new Map<number, Edge[]>();
    for (const [from, [first = ""]] of this.#members) {
      for (const [to, { allowed }] of this.#verdictsOf(first)) {
        if (allowed.length === 0) continue;
        const known = edges.get(to) ?? [];
        edges.set(to, known);
        known.push({ from, rules: allowed });
      }
    }
    return edges;
  }

  #besides(node: string, among: number, rules: readonly string[]): Neighbours[] {
    const nodes = (this.#members.get(among) ?? []).filter((id) => id !== node);
    return rules.length === 0 || nodes.length === 0 ? [] : [{ nodes, rules }];
  }

  #trafficOf = (rule: string): readonly Traffic[] => this.#traffic.get(rule) ?? [];

  #verdictsOf(source: string): ReadonlyMap<number, Verdict> {
    const from = this.#classOf.get(source);
    if (from === undefined) return new Map();
    const known = this.#verdicts.get(from);
    if (known) return known;
    const verdicts = new Map<number, Verdict>();
    for (const { peer, outbound, denied } of this.#index.linksOf(source)) {
      const to = this.#classOf.get(peer);
      if (to === undefined || verdicts.has(to)) continue;
      verdicts.set(to, { allowed: rulesIn(outbound), denied: rulesIn(denied?.outbound ?? []) });
    }
    this.#verdicts.set(from, verdicts);
    return verdicts;
  }
}

/** The rules of grants about the two nodes themselves, and not about what lies behind one of them. */
const rulesIn = (grants: readonly Grant[]): string[] => [
  ...new Set(grants.filter(({ from, to }) => from === undefined && to === undefined).map(({ rule }) => rule)),
];
