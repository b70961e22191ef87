/** From suspicion to death: with nobody who confirms it, and with as many as are asked. */
const LONGEST_MS = 8_000;
const SHORTEST_MS = 1_500;
/** So many others are asked whether they hear the suspect. */
export const ASKED = 3;

/** How the observers together see one node, relay or link. */
export type Suspicion =
  | { readonly state: "alive" }
  | { readonly state: "suspected"; readonly since: number; readonly by: readonly string[] }
  | { readonly state: "dead"; readonly since: number };

export const ALIVE: Suspicion = { state: "alive" };

/** Takes in that an observer, who is well itself, hears nothing. Who says so twice counts once. */
export function silent(suspicion: Suspicion, observer: string, now: number): Suspicion {
  if (suspicion.state === "dead") return suspicion;
  if (suspicion.state === "alive") return { state: "suspected", since: now, by: [observer] };
  if (suspicion.by.includes(observer)) return settled(suspicion, now);
  return settled({ ...suspicion, by: [...suspicion.by, observer] }, now);
}

/** Takes in that somebody hears it: that refutes every suspicion. */
export const heard = (): Suspicion => ALIVE;

/** Where time alone leads: a suspect that nobody hears is dead in the end. */
export function settled(suspicion: Suspicion, now: number): Suspicion {
  if (suspicion.state !== "suspected") return suspicion;
  return now - suspicion.since >= patienceMs(suspicion.by.length) ? { state: "dead", since: now } : suspicion;
}

/**
 * How long a suspect has to be heard: ms, less with each who confirms (Dadgar et al. 2018: Lifeguard, its dynamic timeout).
 * @param observers who suspect it, with the first one
 */
export function patienceMs(observers: number): number {
  const confirmed = Math.min(observers - 1, ASKED);
  const share = Math.log(confirmed + 1) / Math.log(ASKED + 1);
  return LONGEST_MS - (LONGEST_MS - SHORTEST_MS) * share;
}
