const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dateShort = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const whole = new Intl.NumberFormat();

/** @param at Milliseconds since the Unix epoch. */
export const formatDateTime = (at: number): string => dateTime.format(at);
/** As short as can be: the time of a moment today, the day and the minute in this year, else the day. */
export function formatMoment(at: number, now = Date.now()): string {
  const [moment, today] = [new Date(at), new Date(now)];
  if (moment.toDateString() === today.toDateString()) return timeOnly.format(at);
  return (moment.getFullYear() === today.getFullYear() ? dateShort : dayOnly).format(at);
}
export const formatCount = (count: number): string => whole.format(count);

const STEPS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** A length of time in its largest whole unit, such as `3 min`. @param length In milliseconds. */
export function formatLength(length: number): string {
  const [size, unit] = STEPS.find(([step]) => length >= step) ?? [1_000, "s"];
  return `${Math.max(0, Math.floor(length / size))} ${unit}`;
}

/** In powers of 1,024, to three figures: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), 5);
  const value = bytes / 1_024 ** power;
  const places = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(places)} ${["B", "KiB", "MiB", "GiB", "TiB", "PiB"][power]}`;
}

/** A list from a text field: separated by commas or lines, blanks dropped. */
export function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
