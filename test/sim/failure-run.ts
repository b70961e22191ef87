import { arrived, firstArrival, phi } from "../../shared/paths/accrual.ts";
import type { Graph, Outage } from "../../shared/paths/graph.ts";
import { answered, decide, PROBE_EVERY_MS, watchPaths } from "../../shared/paths/path-watch.ts";
import { isBroken, type Plan } from "../../shared/paths/recovery.ts";
import { ALIVE, settled, silent } from "../../shared/paths/suspicion.ts";

const SILENT_PHI = 8;
const PACKET_EVERY_MS = 20;
const STEP_MS = 10;
/** From the coordinator's verdict until a node sends by a new path. */
const TOLD_MS = 300;
const BREAKS_AT_MS = 5_000;
const LATEST_MS = 30_000;

/** When something is held to be dead, in ms after it broke, by neighbours who hear its beats and tell the coordinator. */
export function detectionMs(neighbours: number, random: () => number): number {
  const phases = Array.from({ length: neighbours }, () => random() * PROBE_EVERY_MS);
  const heard = phases.map((phase) => {
    let arrivals = firstArrival(phase, PROBE_EVERY_MS);
    for (let at = phase + PROBE_EVERY_MS; at <= BREAKS_AT_MS; at += PROBE_EVERY_MS)
      arrivals = arrived(arrivals, at);
    return arrivals;
  });
  let suspicion = ALIVE;
  for (let now = BREAKS_AT_MS; now <= LATEST_MS; now += STEP_MS) {
    heard.forEach((arrivals, observer) => {
      if (phi(arrivals, now) >= SILENT_PHI) suspicion = silent(suspicion, String(observer), now);
    });
    suspicion = settled(suspicion, now);
    if (suspicion.state === "dead") return now - BREAKS_AT_MS;
  }
  return LATEST_MS;
}

/** How a pair lives through an outage. */
export interface Outcome {
  /** From the break until packets arrive again: ms. */
  readonly silentMs: number;
  readonly lostPackets: number;
}

/**
 * A pair sends a packet every 20 ms and probes its path and its spare; something breaks, and the sender moves by its own
 * judgement, or by the new plan once it is told.
 * @param verdictMs when the coordinator holds it dead, after the break
 */
export function livesThrough(
  graph: Graph,
  before: Plan,
  replanned: Plan,
  outage: Outage,
  verdictMs: number,
  random: () => number,
): Outcome {
  const paths = [before.primary, before.spare].filter((path) => path !== null);
  const isUp = paths.map((path) => !isBroken(graph, path, outage));
  const phase = Math.ceil((random() * PROBE_EVERY_MS) / STEP_MS) * STEP_MS;
  let watch = watchPaths(paths.length, 0);
  let lostPackets = 0;
  for (let now = STEP_MS; now <= LATEST_MS; now += STEP_MS) {
    const hasBroken = now > BREAKS_AT_MS;
    if (now % PROBE_EVERY_MS === phase % PROBE_EVERY_MS)
      for (const path of paths.keys()) if (!hasBroken || isUp[path]) watch = answered(watch, path, now);
    watch = decide(watch, now);
    if (!hasBroken) continue;
    const isTold = now - BREAKS_AT_MS >= verdictMs + TOLD_MS && replanned.primary !== null;
    if (isTold || isUp[watch.inUse]) return { silentMs: now - BREAKS_AT_MS, lostPackets };
    if (now % PACKET_EVERY_MS === 0) lostPackets++;
  }
  return { silentMs: LATEST_MS, lostPackets };
}
