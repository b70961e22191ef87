import type { AssertionKey } from "./coordinator.ts";

/**
 * When assertion keys are made, when they sign, and when they are removed. Each algorithm always has one key
 * that signs and one key that signs next. The next key is published a whole period early, so that every cache
 * of the key set has it in time.
 */

const DAY_MS = 24 * 3_600_000;
/** How long a key signs. */
export const SIGNING_PERIOD_MS = 30 * DAY_MS;
/**
 * How long a key stays published after it stopped signing. This is much longer than the 60 s of an assertion
 * and than the cache of any isolate.
 */
export const OVERLAP_MS = DAY_MS;

const ASSERTION_ALGORITHMS = ["ES256", "EdDSA"] as const satisfies readonly AssertionKey["alg"][];

type KeyTimes = Pick<AssertionKey, "kid" | "alg" | "notBefore" | "expiresAt">;

export interface RotationPlan {
  /** The ids (`kid`) of the keys that are no longer published. */
  readonly retire: readonly string[];
  readonly make: readonly Omit<KeyTimes, "kid">[];
  /** When to plan again after this plan was carried out. */
  readonly nextAt: number;
}

/** What must be done at `now` (milliseconds) so that each algorithm has a key that signs and the next one. */
export function planRotation(keys: readonly KeyTimes[], now: number): RotationPlan {
  const retire = keys.filter((key) => key.expiresAt <= now).map((key) => key.kid);
  const kept: Omit<KeyTimes, "kid">[] = keys.filter((key) => key.expiresAt > now);
  const make: Omit<KeyTimes, "kid">[] = [];
  for (const alg of ASSERTION_ALGORITHMS) {
    const mine = kept.filter((key) => key.alg === alg);
    const signing = mine.filter((key) => signsAt(key, now)).sort(newestFirst)[0] ?? keyFrom(alg, now);
    if (!mine.includes(signing)) make.push(signing);
    if (!mine.some((key) => key.notBefore > now))
      make.push(keyFrom(alg, signing.notBefore + SIGNING_PERIOD_MS));
  }
  const changes = [...kept, ...make].flatMap((key) => [key.notBefore, key.expiresAt]);
  return { retire, make, nextAt: Math.min(...changes.filter((at) => at > now)) };
}

/** First the keys that sign at `now`, then the keys that will sign later, then the keys that only verify. */
export function publishedOrder<K extends KeyTimes>(keys: readonly K[], now: number): K[] {
  const published = keys.filter((key) => key.expiresAt > now);
  const isFirst = (key: K) => signsAt(key, now);
  return [
    ...published.filter(isFirst).sort(newestFirst),
    ...published.filter((key) => key.notBefore > now),
    ...published.filter((key) => key.notBefore <= now && !isFirst(key)),
  ];
}

function signsAt(key: Omit<KeyTimes, "kid">, now: number): boolean {
  return key.notBefore <= now && now < key.expiresAt - OVERLAP_MS;
}

function newestFirst(a: { readonly notBefore: number }, b: { readonly notBefore: number }): number {
  return b.notBefore - a.notBefore;
}

function keyFrom(alg: AssertionKey["alg"], notBefore: number): Omit<KeyTimes, "kid"> {
  return { alg, notBefore, expiresAt: notBefore + SIGNING_PERIOD_MS + OVERLAP_MS };
}
