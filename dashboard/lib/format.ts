const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const whole = new Intl.NumberFormat();

/** @param at Milliseconds since the Unix epoch. */
export const formatDateTime = (at: number): string => dateTime.format(at);
/** @param at Milliseconds since the Unix epoch. */
export const formatTime = (at: number): string => timeOnly.format(at);
export const formatCount = (count: number): string => whole.format(count);

/** A list from a text field: separated by commas or lines, blanks dropped. */
export function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
