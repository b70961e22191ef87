import { type PathMove, type PathReport, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { Move, PeerPaths } from "./peer-paths.ts";

/** What this node knows of the paths to its peers, and what of it the hub does not know yet. */
export class PathBook {
  readonly peers = new Map<string, PeerPaths>();
  #moves: (Omit<PathMove, "at"> & { readonly at: number })[] = [];

  moved(peer: string, { from, to, why, at }: Move): void {
    this.#moves = [...this.#moves, { peer, at, from, to: to.endpoint, kind: to.kind, why }].slice(
      -WIRE_LIMITS.movesPerReport,
    );
  }

  /** Whether a path fell silent, came back or was moved. */
  hasNews(now: number): boolean {
    return this.#moves.length > 0 || [...this.peers.values()].some((paths) => paths.isNews(now));
  }

  /**
   * What the hub does not know, peers with news first. Times are turned into the hub's.
   * @param now the agent's steady clock, of which all that was measured has its times
   * @param hubNow the same moment by the hub's clock
   */
  untold(now: number, hubNow: number): Untold {
    const atHub = (at: number) => Math.round(hubNow - (now - at));
    const ordered = [...this.peers].toSorted(([, a], [, b]) => Number(b.isNews(now)) - Number(a.isNews(now)));
    const paths: PathReport[] = [];
    const standings = new Map<string, string>();
    for (const [peer, of] of ordered) {
      if (!of.isNews(now) && !of.isFresh) continue;
      const measured = of.measured(now);
      if (paths.length + measured.length > WIRE_LIMITS.pathsPerReport) break;
      standings.set(peer, of.standing(now));
      for (const { measuredAt, rttMs, jitterMs, loss, by, halfMs, ...path } of measured)
        paths.push({
          ...{ peer, ...path, rttMicros: thousandths(rttMs), jitterMicros: thousandths(jitterMs) },
          ...(by && { relay: by.node }),
          ...(halfMs !== null && { halfMicros: Math.round(halfMs * 1_000) }),
          lossPermille: thousandths(loss),
          measuredAt: measuredAt === null ? null : atHub(measuredAt),
        });
    }
    return { paths, standings, moves: this.#moves.map((move) => ({ ...move, at: atHub(move.at) })) };
  }

  /** The hub took a report with this. */
  told({ standings, moves }: Untold): void {
    for (const [peer, standing] of standings) this.peers.get(peer)?.told(standing);
    this.#moves = this.#moves.slice(moves.length);
  }
}

interface Untold {
  readonly paths: readonly PathReport[];
  /** How each of these peers stood. */
  readonly standings: ReadonlyMap<string, string>;
  readonly moves: readonly PathMove[];
}

/** The wire has whole numbers alone. */
const thousandths = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1_000);
