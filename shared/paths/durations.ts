/** Upper bounds of what is counted: seconds. */
export const DURATION_BOUNDS = [1, 2, 5, 10, 30, 60, 300, 3_600] as const;

/** How long failures lasted since anybody counts: a histogram whose counts only grow. */
export interface Durations {
  /** For each bound how many lasted at most so long, and more than the bound before; then those that lasted longer. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

export const NO_DURATIONS: Durations = { counts: [...DURATION_BOUNDS, 0].map(() => 0), sumSeconds: 0 };

export function counted({ counts, sumSeconds }: Durations, ms: number): Durations {
  const found = DURATION_BOUNDS.findIndex((bound) => ms <= bound * 1_000);
  const place = found === -1 ? DURATION_BOUNDS.length : found;
  return { counts: counts.with(place, (counts[place] ?? 0) + 1), sumSeconds: sumSeconds + ms / 1_000 };
}

export const together = (all: readonly Durations[]): Durations =>
  all.reduce(
    (a, b) => ({
      counts: a.counts.map((count, place) => count + (b.counts[place] ?? 0)),
      sumSeconds: a.sumSeconds + b.sumSeconds,
    }),
    NO_DURATIONS,
  );
