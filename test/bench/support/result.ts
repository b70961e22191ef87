/** What a benchmark measured, and how it stands against what it should reach. */
export interface BenchResult {
  readonly metrics: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly met: boolean;
}

export const atLeast = (name: string, value: number, unit: string, bound: number): Goal => ({
  name,
  value: round(value),
  unit,
  goal: `>= ${bound}`,
  met: value >= bound,
});

export const atMost = (name: string, value: number, unit: string, bound: number): Goal => ({
  name,
  value: round(value),
  unit,
  goal: `<= ${bound}`,
  met: value <= bound,
});

/** The value below which the share `p` (0 to 1) of the samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

export function round(value: number): number {
  return Number(value.toPrecision(4));
}
