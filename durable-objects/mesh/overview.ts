import type { Network } from "../../shared/node/mesh/network.ts";
import { relayConditions } from "../../shared/node/mesh/relaying.ts";
import { liveNode, segmentMap } from "../../shared/node/overview.ts";
import type { PathLedger } from "../../shared/node/path-ledger.ts";
import { type PathsOfPair, type SegmentPairs, type UsedPath, whyUsed } from "../../shared/node/path-view.ts";
import type { LiveNode, SegmentMap } from "../../shared/node/segment-mesh.ts";
import { ipv4At } from "../../shared/registry/addresses.ts";
import type { Edges } from "./edges.ts";
import type { MeshStore } from "./mesh-store.ts";
import type { PathStore } from "./path-store.ts";
import type { Presence } from "./presence.ts";
import type { ReportStore } from "./report-store.ts";
import type { Sockets } from "./sockets.ts";

const MOST_MAPPED = 2_000;
const MOST_PAIRS = 20_000;
const HOUR_MS = 3_600_000;

/** The view of the segment for people. */
export class Overview {
  readonly #store: MeshStore;
  readonly #reports: ReportStore;
  readonly #presence: Presence;
  readonly #sockets: Sockets;
  readonly #edges: Edges;

  constructor(store: MeshStore, reports: ReportStore, presence: Presence, sockets: Sockets, edges: Edges) {
    this.#edges = edges;
    this.#store = store;
    this.#reports = reports;
    this.#presence = presence;
    this.#sockets = sockets;
  }

  live(network: Network, node: string, now: number): LiveNode {
    const heardAt = this.#sockets.heardAt(node, now);
    const seenAt = this.#presence.lastSeen(node);
    const row = this.#store.rows.get(node);
    return liveNode(this.#reports.get(node), {
      online: heardAt !== null || this.#presence.isOnline(node, network.state.poll_seconds, now),
      lastSeenAt: heardAt === null ? seenAt : Math.max(heardAt, seenAt ?? 0),
      etag: row?.etag ?? null,
      peers: network.index.linksOf(node).length,
      edge: this.#edges.use(node),
      checks: network.checksOf(node),
      conditions: relayConditions(network, node, row?.capability ?? 0),
      now,
    });
  }

  /** Null when the two are no peers. */
  paths(network: Network, node: string, peer: string, ledger: PathLedger, now: number): PathsOfPair | null {
    if (!network.index.linksOf(node).some((link) => link.peer === peer)) return null;
    const ofPair = ({ peer: of }: { readonly peer: string }) => of === peer;
    const [paths, moves] = [ledger.paths.filter(ofPair), ledger.moves.filter(ofPair)];
    const report = this.#reports.get(node)?.peers.find(({ node: of }) => of === peer);
    return {
      node,
      peer,
      online: this.live(network, node, now).online,
      handshakeAt: report?.handshakeAt ?? null,
      why: whyUsed(paths, moves),
      paths,
      moves: moves.toReversed(),
    };
  }

  presence(network: Network, now: number): { readonly all: number; readonly online: number } {
    const members = this.#store.approved();
    const isOnline = (node: string) =>
      this.#sockets.heardAt(node, now) !== null ||
      this.#presence.isOnline(node, network.state.poll_seconds, now);
    return { all: members.length, online: members.filter(isOnline).length };
  }

  pairs(network: Network, store: PathStore, now: number): SegmentPairs {
    const members = new Set(this.#store.approved());
    const pairs: UsedPath[] = [];
    let moved = 0;
    for (const { node, paths, moves } of store.all()) {
      if (!members.has(node)) continue;
      moved += moves.filter(({ at, why }) => why !== "in_vain" && at > now - HOUR_MS).length;
      for (const { inUse, ...path } of paths) if (inUse) pairs.push({ node, ...path });
    }
    const links = [...members].reduce((sum, node) => sum + network.index.linksOf(node).length, 0);
    return {
      pairs: pairs.slice(0, MOST_PAIRS),
      unreported: Math.max(0, links - pairs.length),
      moves: moved,
      truncated: pairs.length > MOST_PAIRS,
    };
  }

  /** @param around Only this node and its peers, with the links between them and it. */
  map(network: Network, store: PathStore, now: number, around?: string): SegmentMap {
    const members = this.#store.approved().filter(isNear(network, around));
    const nodes = members.slice(0, MOST_MAPPED).flatMap((node) => {
      const row = network.row(node);
      if (!row) return [];
      const { online, lastSeenAt } = this.live(network, node, now);
      const ipv4 = ipv4At(row.address_index);
      return [{ id: row.id, name: row.name, ipv4, online, lastSeenAt }];
    });
    return segmentMap(
      nodes,
      (node) =>
        network.index
          .linksOf(node)
          .filter(({ peer }) => around === undefined || node === around || peer === around),
      (node) => this.#reports.get(node)?.peers ?? [],
      (node) => store.get(node).paths,
      members.length > MOST_MAPPED,
    );
  }
}

function isNear(network: Network, around: string | undefined): (node: string) => boolean {
  if (around === undefined) return () => true;
  const near = new Set([around, ...network.index.linksOf(around).map(({ peer }) => peer)]);
  return (node) => near.has(node);
}
