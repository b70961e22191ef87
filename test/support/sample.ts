import { randomFrom } from "./random.ts";

/**
 * Tests that draw from more cases than a run has time for: histories, kill points, mutated requests. `npm test` draws a
 * few by a new seed, so that the runs together see what one does not; `npm run test:soak` takes them all.
 */

/** The seed of this run. `RUSTRONAUT_SEED` repeats a run: `scripts/test.ts` prints it, fast-check does so in a failure. */
export const SEED = Number(process.env.RUSTRONAUT_SEED);
if (!Number.isSafeInteger(SEED)) throw new Error("RUSTRONAUT_SEED must be a whole number.");

export const isSoak = Boolean(process.env.RUSTRONAUT_SOAK);

/** How many cases this run takes. */
export const drawn = (sample: number, full: number): number => (isSoak ? full : sample);

/** Words for a test's title or failure that let a reader repeat what was drawn. */
export const bySeed = `RUSTRONAUT_SEED=${SEED}`;

/** So many of the items, drawn by a seed, in their order. */
export function some<T>(items: readonly T[], count: number, random = randomFrom(SEED)): T[] {
  const drawnBy = items.map((item, at) => ({ item, at, lot: random() }));
  return drawnBy
    .sort((a, b) => a.lot - b.lot)
    .slice(0, count)
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
