const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dateShort = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const whole = new Intl.NumberFormat();

/** @param at Milliseconds since the Unix epoch. */
export const formatDateTime = (at: number): string => dateTime.format(at);
/** As short as can be: the time of a moment today, else the day and the minute. @param at As above. */
export function formatMoment(at: number): string {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return (today ? timeOnly : dateShort).format(at);
}
export const formatCount = (count: number): string => whole.format(count);

/** A list from a text field: separated by commas or lines, blanks dropped. */
export function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
