/** The value of a `datetime-local` field, to the minute in the browser's time zone. @param at Null for empty. */
export function localInput(at: number | null): string {
  if (at === null) return "";
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment in such a field; null where it is empty. */
export const readLocalInput = (value: string): number | null =>
  value === "" ? null : new Date(value).getTime();
