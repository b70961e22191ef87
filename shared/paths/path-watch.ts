import { type Arrivals, arrived, firstArrival, phi } from "./accrual.ts";
import { CALM, type Flapping, faded, failed } from "./flapping.ts";

/** How often the path in use and its spares are probed: ms. */
export const PROBE_EVERY_MS = 500;
/** From this phi on the path in use has failed; a spare below the other one is well. */
const FAILED = 8;
const WELL = 3;
/** How long a better path must have been well before packets go back to it: ms. */
const HOLD_MS = 15_000;
/** How long a path is tried that can't be probed beside the one in use: ms. A round trip around the earth takes less. */
const TRY_MS = 1_500;
/** After trying in vain a pair rests, twice as long each time: ms. */
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;
/** A pair that is not on its direct paths tries them after so long, and then after twice as long each time: ms. */
const FIRST_RETURN_MS = 30_000;
const LONGEST_RETURN_MS = 600_000;

/** One path of a pair, as its sender sees it. */
interface Watched {
  readonly arrivals: Arrivals;
  readonly flapping: Flapping;
  readonly wellSince: number;
  /** Whether it answers probes while another path is in use. One that does not must be tried to know it. */
  readonly isProbed: boolean;
}

/** Paths that are tried one after the other, each by using it. */
interface Trial {
  /** The path to go back to when none of them answers. */
  readonly from: number;
  readonly left: readonly number[];
  readonly since: number;
}

/**
 * What a node knows of its paths to one peer: the best path first, then its spares in the order in which they are to be
 * taken. A node moves by itself, without the hub, to a spare that was ready and answers.
 */
export interface PathWatch {
  readonly inUse: number;
  readonly paths: readonly Watched[];
  readonly trial: Trial | null;
  /** No trial begins before this time, and how long the next rest is: ms. */
  readonly restsUntil: number;
  readonly restMs: number;
  /** So many of the paths are direct. They come first, and are gone back to. */
  readonly direct: number;
  /** When they are tried next from another path, and how long it is until then: ms. */
  readonly returnsAt: number;
  readonly returnMs: number;
}

/**
 * @param probed for each path whether it can be probed while another one is in use; all, if left out
 * @param direct how many of the paths are direct
 */
export function watchPaths(
  count: number,
  now: number,
  probed?: readonly boolean[],
  direct = count,
): PathWatch {
  return {
    inUse: 0,
    paths: Array.from({ length: count }, (_, index) => newlyWatched(now, probed?.[index] ?? true)),
    trial: null,
    restsUntil: now,
    restMs: FIRST_REST_MS,
    direct,
    returnsAt: now + FIRST_RETURN_MS,
    returnMs: FIRST_RETURN_MS,
  };
}

const newlyWatched = (now: number, isProbed: boolean): Watched => ({
  arrivals: firstArrival(now, PROBE_EVERY_MS),
  flapping: CALM,
  wellSince: now,
  isProbed,
});

/** Takes in that a probe on one of the paths was answered; a path that comes back from silence has failed once. */
export function answered(watch: PathWatch, path: number, now: number): PathWatch {
  const isUsed = path === watch.inUse;
  const paths = watch.paths.map((watched, index) => {
    if (index !== path) return watched;
    const isBack = phi(watched.arrivals, now) >= FAILED;
    const arrivals = isBack ? firstArrival(now, PROBE_EVERY_MS) : arrived(watched.arrivals, now);
    if (!isBack) return { ...watched, arrivals };
    const wasWatched = watched.isProbed || (isUsed && watch.trial === null);
    const flapping = wasWatched ? failed(watched.flapping, now) : watched.flapping;
    return { ...watched, arrivals, flapping, wellSince: now };
  });
  return isUsed ? { ...watch, paths, trial: null, restMs: FIRST_REST_MS } : { ...watch, paths };
}

/** Takes in that packets go by this path from now on, whoever decided so. */
export const using = (watch: PathWatch, path: number, now: number): PathWatch =>
  path === watch.inUse ? watch : rearmed({ ...watch, inUse: path, trial: null }, now);

/** Begins to watch anew, after a time in which nothing was probed. */
export const rearmed = (watch: PathWatch, now: number): PathWatch => ({
  ...watch,
  paths: watch.paths.map((path) => ({ ...path, arrivals: firstArrival(now, PROBE_EVERY_MS) })),
});

/** Whether the path in use has been silent for too long. */
export function isFailed({ paths, inUse }: PathWatch, now: number): boolean {
  const current = paths[inUse];
  return current !== undefined && phi(current.arrivals, now) >= FAILED;
}

/**
 * Moves away from a path that has failed, to the first one that is well, or else tries those that can't be probed; and back to
 * a better one once it has been well for a while and is not flapping. Where nothing answers the pair stays where it is:
 * the fault is not the path's.
 * @param isLikely whether something is known that speaks for a path which can't be probed: such are tried first
 */
export function decide(
  watch: PathWatch,
  now: number,
  isLikely: (path: number) => boolean = () => false,
): PathWatch {
  if (watch.trial) return goOnTrying(watch, watch.trial, now);
  if (isFailed(watch, now)) {
    const next = watch.paths.findIndex(
      (path, index) => index !== watch.inUse && path.isProbed && phi(path.arrivals, now) < WELL,
    );
    return next === -1 ? beginTrying(watch, now, isLikely) : { ...watch, inUse: next };
  }
  const better = watch.paths.findIndex((path, index) => index < watch.inUse && isSteady(path, now));
  return better === -1 ? returnIfDue(watch, now) : { ...watch, inUse: better };
}

/** Tries direct paths that can't be probed from a path that works. Where none answers, the next try is later. */
function returnIfDue(watch: PathWatch, now: number): PathWatch {
  const { inUse, direct, paths, returnsAt, returnMs } = watch;
  if (inUse < direct) return returnMs === FIRST_RETURN_MS ? watch : { ...watch, returnMs: FIRST_RETURN_MS };
  const left = [...paths.keys()].filter((path) => path < direct && paths[path]?.isProbed === false);
  if (left.length === 0 || now < returnsAt) return watch;
  const next = { returnsAt: now + returnMs, returnMs: Math.min(2 * returnMs, LONGEST_RETURN_MS) };
  return tryNext({ ...watch, ...next }, { from: inUse, left, since: now }, now);
}

const isSteady = ({ arrivals, flapping, wellSince, isProbed }: Watched, now: number): boolean =>
  isProbed && phi(arrivals, now) < WELL && now - wellSince >= HOLD_MS && !faded(flapping, now).isResting;

function beginTrying(watch: PathWatch, now: number, isLikely: (path: number) => boolean): PathWatch {
  const known = [...watch.paths.keys()].filter(
    (index) => index !== watch.inUse && watch.paths[index]?.isProbed === false,
  );
  const left = known.toSorted((a, b) => Number(isLikely(b)) - Number(isLikely(a)));
  if (left.length === 0 || now < watch.restsUntil) return watch;
  return tryNext(watch, { from: watch.inUse, left, since: now }, now);
}

const goOnTrying = (watch: PathWatch, trial: Trial, now: number): PathWatch =>
  now - trial.since < TRY_MS ? watch : tryNext(watch, trial, now);

function tryNext(watch: PathWatch, { from, left }: Trial, now: number): PathWatch {
  const [next, ...rest] = left;
  if (next !== undefined) {
    const isLeaving = from < watch.direct && next >= watch.direct;
    const returnsAt = isLeaving ? now + watch.returnMs : watch.returnsAt;
    return { ...watch, inUse: next, trial: { from, left: rest, since: now }, returnsAt };
  }
  const restMs = Math.min(watch.restMs * 2, LONGEST_REST_MS);
  return { ...watch, inUse: from, trial: null, restsUntil: now + watch.restMs, restMs };
}
