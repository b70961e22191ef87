import type { PathMove, PathReport } from "./protocol/types.ts";

/** What a segment keeps of the paths that one of its nodes measured, bounded whatever the node says. */
export interface PathLedger {
  readonly paths: readonly LedgerPath[];
  /** Oldest first. */
  readonly moves: readonly PathMove[];
}

export interface LedgerPath extends PathReport {
  /** When the hub took it. */
  readonly reportedAt: number;
}

export const NO_PATHS: PathLedger = { paths: [], moves: [] };

/** As many paths to one peer as an agent weighs: its endpoints, its legs and the edge. */
const MOST_OF_PEER = 12;
const MOST_PATHS = 2_048;
const MOST_MOVES = 128;
/** What was not measured for so long says nothing any more. */
const RETENTION_MS = 7 * 86_400_000;

/**
 * Takes in what a node reports of its paths. It counts for pairs of its own alone, nothing was measured later than it was
 * received, each path counts once, and no more than one of a pair is in use, which is kept whatever else is left out.
 * @param peers the peers of the node's config
 * @param now when the report came, by the hub's clock
 */
export function notePaths(
  ledger: PathLedger,
  report: { readonly paths: readonly PathReport[]; readonly moves: readonly PathMove[] },
  peers: ReadonlySet<string>,
  now: number,
): PathLedger {
  const told = Map.groupBy(
    report.paths.filter(({ peer }) => peers.has(peer)),
    ({ peer }) => peer,
  );
  const kept = ledger.paths.filter(
    ({ peer, reportedAt }) => peers.has(peer) && !told.has(peer) && now - reportedAt < RETENTION_MS,
  );
  const taken = [...told.values()].flatMap((paths) =>
    soleOnes(paths).map((path) => ({
      ...path,
      measuredAt: path.measuredAt === null ? null : Math.min(path.measuredAt, now),
      reportedAt: now,
    })),
  );
  const moves = report.moves
    .filter(({ peer }) => peers.has(peer))
    .map((move) => ({ ...move, at: Math.min(move.at, now) }));
  return {
    paths: [...taken, ...kept].slice(0, MOST_PATHS),
    moves: [...ledger.moves.filter(({ peer }) => peers.has(peer)), ...moves].slice(-MOST_MOVES),
  };
}

function soleOnes(paths: readonly PathReport[]): PathReport[] {
  const sole = new Map(paths.map((path) => [`${path.kind} ${path.endpoint}`, path]));
  const used = [...sole.values()].find(({ inUse }) => inUse);
  const others = [...sole.values()].filter((path) => path !== used);
  return [
    ...(used ? [used] : []),
    ...others.slice(0, MOST_OF_PEER - (used ? 1 : 0)).map((path) => ({ ...path, inUse: false })),
  ];
}
