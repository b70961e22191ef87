const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A time as people write it: `30m`, `2h`, `7d` before now, or an ISO 8601 date, which means midnight UTC of
 * that day.
 *
 * @returns Milliseconds since the Unix epoch. Null for any other text.
 */
export function parsePast(text: string, now: number): number | null {
  const span = /^(\d{1,6})([smhdw])$/.exec(text.trim());
  const at = span ? now - Number(span[1]) * (UNIT_MS[span[2] ?? ""] ?? 0) : Date.parse(text);
  return Number.isFinite(at) && at >= 0 ? at : null;
}
