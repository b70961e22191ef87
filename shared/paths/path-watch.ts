import { type Arrivals, arrived, firstArrival, phi } from "./accrual.ts";
import { CALM, type Flapping, faded, failed } from "./flapping.ts";

/** How often the path in use and its spares are probed: ms. */
export const PROBE_EVERY_MS = 500;
/** From this phi on the path in use has failed; a spare below the other one is well. */
const FAILED = 8;
const WELL = 3;
/** How long a better path must have been well before packets go back to it: ms. */
const HOLD_MS = 15_000;

/** One path of a pair, as its sender sees it. */
interface Watched {
  readonly arrivals: Arrivals;
  readonly flapping: Flapping;
  readonly wellSince: number;
}

/**
 * What a node knows of its paths to one peer: the best path first, then its spares in the order in which they are to be
 * taken. A node moves by itself, without the hub, to a spare that was ready and answers.
 */
export interface PathWatch {
  readonly inUse: number;
  readonly paths: readonly Watched[];
}

export function watchPaths(count: number, now: number): PathWatch {
  const path: Watched = { arrivals: firstArrival(now, PROBE_EVERY_MS), flapping: CALM, wellSince: now };
  return { inUse: 0, paths: Array.from({ length: count }, () => path) };
}

/** Takes in that a probe on one of the paths was answered; a path that comes back from silence has failed once. */
export function answered(watch: PathWatch, path: number, now: number): PathWatch {
  return {
    ...watch,
    paths: watch.paths.map((watched, index) => {
      if (index !== path) return watched;
      const isBack = phi(watched.arrivals, now) >= FAILED;
      const arrivals = isBack ? firstArrival(now, PROBE_EVERY_MS) : arrived(watched.arrivals, now);
      if (!isBack) return { ...watched, arrivals };
      return { arrivals, flapping: failed(watched.flapping, now), wellSince: now };
    }),
  };
}

/**
 * Moves away from a path that has failed, to the first one that is well; and back to a better one once it has been well
 * for a while and is not flapping. Where nothing answers the pair stays where it is: the fault is not the path's.
 */
export function decide(watch: PathWatch, now: number): PathWatch {
  const current = watch.paths[watch.inUse];
  if (!current) return watch;
  if (phi(current.arrivals, now) >= FAILED) {
    const next = watch.paths.findIndex((path) => phi(path.arrivals, now) < WELL);
    if (next === -1) return watch;
    return { ...watch, inUse: next };
  }
  const better = watch.paths.findIndex((path, index) => index < watch.inUse && isSteady(path, now));
  return better === -1 ? watch : { ...watch, inUse: better };
}

const isSteady = ({ arrivals, flapping, wellSince }: Watched, now: number): boolean =>
  phi(arrivals, now) < WELL && now - wellSince >= HOLD_MS && !faded(flapping, now).isResting;
