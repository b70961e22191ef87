const STEPS = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

// The dashboard speaks English, whatever the browser speaks.
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * How far a moment is from now, in the largest unit of which there is at least one: `3 minutes ago`, `in 2 days`,
 * `yesterday`. Within ten seconds it is `just now`.
 *
 * @param at Milliseconds since the Unix epoch; so is `now`.
 */
export function timeInWords(at: number, now = Date.now()): string {
  const away = at - now;
  if (Math.abs(away) < 10_000) return away > 0 ? "in a moment" : "just now";
  const [unit, size] = STEPS.find(([, length]) => Math.abs(away) >= length) ?? ["second", 1_000];
  return relative.format(Math.trunc(away / size), unit);
}
