import { answered, decide, PROBE_EVERY_MS, watchPaths } from "../../shared/paths/path-watch.ts";
import { randomFrom } from "../support/random.ts";

const DAY_MS = 86_400_000;
/** Probes that are lost by themselves; together with twenty bursts of a second in an hour about 5 % are. */
const LOSS = 0.05;
const BURSTS_PER_HOUR = 20;

interface Lossy {
  readonly days: number;
  readonly seed: number;
  readonly burstMs?: number;
}

/**
 * One node that watches a path and two spares, of which each loses probes and has bursts of its own in which nothing
 * passes (Gilbert's model). None ever fails: every move is a false one. The real code decides.
 */
export function lossyPaths({ days, seed, burstMs = 1_000 }: Lossy) {
  const random = randomFrom(seed);
  const burstChance = (BURSTS_PER_HOUR * PROBE_EVERY_MS) / 3_600_000;
  const burstEnds = [0, 0, 0];
  let watch = watchPaths(burstEnds.length, 0);
  let [moves, lost, sent] = [0, 0, 0];
  for (let now = PROBE_EVERY_MS; now <= days * DAY_MS; now += PROBE_EVERY_MS) {
    for (const path of burstEnds.keys()) {
      if (random() < burstChance) burstEnds[path] = now + burstMs;
      const isLost = now < (burstEnds[path] as number) || random() < LOSS;
      sent++;
      if (isLost) lost++;
      else watch = answered(watch, path, now);
    }
    const next = decide(watch, now);
    // Going back to the best path is no false alarm.
    if (next.inUse > watch.inUse) moves++;
    watch = next;
  }
  return { moves, pathDays: days, lossShare: lost / sent };
}
