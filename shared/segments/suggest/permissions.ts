import type { Grant, Traffic } from "../../node/config/types.ts";
import { parseTraffic } from "../traffic.ts";
import { coversTraffic, sharesTraffic } from "../traffic-sets.ts";
import type { PeerLink, SegmentIndex, SegmentRule } from "../types.ts";

/**
 * What the rules let nodes open to each other, read off the compiled links. Whether a rule holds at this hour is not asked: a
 * rule with hours counts as one that permits.
 */
export class Permissions {
  readonly #index: SegmentIndex;
  readonly #traffic: ReadonlyMap<string, readonly Traffic[]>;
  readonly #links = new Map<string, ReadonlyMap<string, PeerLink>>();

  /** @param rules All rules of the index, those that isolation levels imply among them. */
  constructor(index: SegmentIndex, rules: readonly SegmentRule[]) {
    this.#index = index;
    this.#traffic = new Map(rules.map(({ id, traffic }) => [id, traffic]));
  }

  /** The rules by which one node may open the service to another, in order. Empty where it may not. */
  rulesFor(source: string, destination: string, service: string): string[] {
    const link = this.#linksOf(source).get(destination);
    const asked = parseTraffic(service);
    if (!link || !asked.ok) return [];
    const isDenied = coversTraffic(
      (link.denied?.outbound ?? []).filter(isBetweenThem).flatMap(({ rule }) => this.#trafficOf(rule)),
      [asked.value],
    );
    if (isDenied) return [];
    return link.outbound
      .filter((grant) => isBetweenThem(grant) && sharesTraffic(this.#trafficOf(grant.rule), [asked.value]))
      .map(({ rule }) => rule);
  }

  permits = (source: string, destination: string, service: string): boolean =>
    this.rulesFor(source, destination, service).length > 0;

  /** Whom a node may open something to, and by which rules. */
  openedBy(source: string): { readonly peer: string; readonly rules: readonly string[] }[] {
    return [...this.#linksOf(source).values()].flatMap(({ peer, outbound }) => rulesTo(peer, outbound));
  }

  /** Who may open something to a node, and by which rules. */
  openedTo(destination: string): { readonly peer: string; readonly rules: readonly string[] }[] {
    return [...this.#linksOf(destination).values()].flatMap(({ peer, inbound }) => rulesTo(peer, inbound));
  }

  #trafficOf = (rule: string): readonly Traffic[] => this.#traffic.get(rule) ?? [];

  #linksOf(node: string): ReadonlyMap<string, PeerLink> {
    const known = this.#links.get(node);
    if (known) return known;
    const links = new Map(this.#index.linksOf(node).map((link) => [link.peer, link]));
    this.#links.set(node, links);
    return links;
  }
}

/** Whether the grant is about the two nodes themselves, and not about what lies behind one of them. */
const isBetweenThem = ({ from, to }: Grant): boolean => from === undefined && to === undefined;

function rulesTo(peer: string, grants: readonly Grant[]) {
  const rules = [...new Set(grants.filter(isBetweenThem).map(({ rule }) => rule))];
  return rules.length === 0 ? [] : [{ peer, rules }];
}
