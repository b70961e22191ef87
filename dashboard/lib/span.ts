const SECONDS = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const;
export type SpanUnit = keyof typeof SECONDS;
export const SPAN_UNITS = Object.keys(SECONDS) as SpanUnit[];

/** A length of time in the largest unit of which it is a whole number: 43,200 s are 12 hours. */
export function spanOf(seconds: number): { readonly count: number; readonly unit: SpanUnit } {
  const unit = SPAN_UNITS.find((one) => seconds % SECONDS[one] === 0) ?? "seconds";
  return { count: seconds / SECONDS[unit], unit };
}

/** The same back, in seconds. An unknown unit counts as seconds. */
export const inSeconds = (count: number, unit: string): number => count * (SECONDS[unit as SpanUnit] ?? 1);
