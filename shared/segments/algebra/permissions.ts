import type { Grant } from "../../node/config/types.ts";
import { linksKnown } from "../known-links.ts";
import type { PeerLink, SegmentIndex } from "../types.ts";
import { spanAt } from "../windows.ts";
import { type AddressSet, routedSet } from "./address-line.ts";
import { difference, union } from "./intervals.ts";
import { type Box, common, joined, minus, type Region, regionOf } from "./region.ts";
import { type TrafficSet, trafficSet } from "./traffic-line.ts";

/** The circumstances that decide beside the network. */
export interface Circumstances {
  /** Milliseconds since the Unix epoch. Rules that do not hold at this moment say nothing. */
  readonly at: number;
  /** What a node's agent knows of rules (`ruleKnowledge`). */
  readonly knowledgeOf: (node: string) => number;
}

/**
 * What may pass between nodes at a moment. It is read from the links that configs are made of, so that it can't say anything
 * else than what nodes enforce: grants less denials, as far as both ends have them and the packets find their way.
 */
export class Permissions {
  readonly #index: SegmentIndex;
  readonly #circumstances: Circumstances;
  readonly #traffic = new Map<string, TrafficSet>();
  readonly #regions = new Map<string, Region>();
  readonly #links = new Map<string, ReadonlyMap<string, PeerLink>>();
  readonly #answers = new Map<Region, { readonly asked: Region; readonly answer: Region }>();
  readonly #ways = new Map<string, ReadonlyMap<string, AddressSet>>();

  constructor(index: SegmentIndex, circumstances: Circumstances) {
    this.#index = index;
    this.#circumstances = circumstances;
  }

  /** What each node may open to the node, as far as it is asked about. */
  *to(node: string, asked: Region): Generator<readonly [source: string, region: Region]> {
    for (const [peer, link] of this.linksOf(node)) {
      const region = this.#along(peer, node, this.#asked(link.inbound, link.denied?.inbound, asked));
      if (region.length > 0) yield [peer, region];
    }
  }

  /** What the node may open to each other one, as far as it is asked about. */
  *from(node: string, asked: Region): Generator<readonly [destination: string, region: Region]> {
    for (const [peer, link] of this.linksOf(node)) {
      const region = this.#along(node, peer, this.#asked(link.outbound, link.denied?.outbound, asked));
      if (region.length > 0) yield [peer, region];
    }
  }

  /** What the source may open to the destination. Addresses behind each of them are told apart from their own. */
  between(source: string, destination: string): Region {
    const link = this.linksOf(source).get(destination);
    return link
      ? this.#along(source, destination, this.permitted(link.outbound, link.denied?.outbound ?? []))
      : [];
  }

  /** The links between the node and its peers as both can enforce them. */
  linksOf(node: string): ReadonlyMap<string, PeerLink> {
    const known = this.#links.get(node);
    if (known) return known;
    const { knowledgeOf } = this.#circumstances;
    const own = knowledgeOf(node);
    const links = this.#index
      .linksOf(node)
      .flatMap((link) =>
        linksKnown([link], Math.min(own, knowledgeOf(link.peer)), (id) => this.#index.rule(id)),
      );
    const byPeer = new Map(links.map((link) => [link.peer, link]));
    this.#links.set(node, byPeer);
    return byPeer;
  }

  /** The traffic that a rule means at the moment: nothing if it does not hold. */
  trafficOf(rule: string): TrafficSet {
    const known = this.#traffic.get(rule);
    if (known) return known;
    const terms = this.#index.rule(rule);
    const set = terms && spanAt(terms, this.#circumstances.at).holds ? trafficSet(terms.traffic) : [];
    this.#traffic.set(rule, set);
    return set;
  }

  /** What the grants permit and the denials leave. */
  permitted(allowed: readonly Grant[], denied: readonly Grant[]): Region {
    const key = `${textOf(allowed)} but ${textOf(denied)}`;
    const known = this.#regions.get(key);
    if (known) return known;
    const all = (grants: readonly Grant[]) =>
      joined(
        grants
          .flatMap((grant) => regionOf(grant, this.trafficOf(grant.rule)))
          .filter(({ traffic }) => traffic.length > 0),
      );
    const region = minus(all(allowed), all(denied));
    this.#regions.set(key, region);
    return region;
  }

  /** Leaves out packets that find no way: each end takes for an address the one peer that its routes name. */
  #along(source: string, destination: string, region: Region): Region {
    if (region.every(isDirect)) return region;
    return region.flatMap((box) => {
      if (isDirect(box)) return [box];
      const from = box.from && this.#wayTo(destination, source);
      const to = box.to && this.#wayTo(source, destination);
      return common([box], [{ from, to, traffic: box.traffic }]);
    });
  }

  /** The same answer is given for all peers with the same grants. */
  #asked(allowed: readonly Grant[], denied: readonly Grant[] = [], asked: Region): Region {
    const permitted = this.permitted(allowed, denied);
    const known = this.#answers.get(permitted);
    if (known?.asked === asked) return known.answer;
    const answer = common(permitted, asked);
    this.#answers.set(permitted, { asked, answer });
    return answer;
  }

  /** The addresses that the viewer sends to the peer, and takes from it. More specific routes lead elsewhere. */
  #wayTo(viewer: string, peer: string): AddressSet {
    const known = this.#ways.get(viewer);
    if (known) return known.get(peer) ?? [];
    const links = [...this.linksOf(viewer).values()];
    const isDefault = (text: string) => text.endsWith("/0");
    const specific = new Map(
      links.map((link) => [link.peer, routedSet(link.routes.filter((route) => !isDefault(route)))]),
    );
    const taken = union(...specific.values());
    const ways = new Map(
      links.map((link) => {
        const rest = difference(routedSet(link.routes.filter(isDefault)), taken);
        return [link.peer, union(specific.get(link.peer) ?? [], rest)];
      }),
    );
    this.#ways.set(viewer, ways);
    return ways.get(peer) ?? [];
  }
}

const isDirect = ({ from, to }: Box): boolean => from === null && to === null;

const textOf = (grants: readonly Grant[]): string =>
  grants.map(({ rule, from, to }) => `${rule} ${from?.join() ?? "-"} ${to?.join() ?? "-"}`).join(";");
