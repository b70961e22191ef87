import { formatDateTime } from "../lib/format.ts";
import { timeInWords } from "../lib/time-words.ts";

interface Moment {
  /** Milliseconds since the Unix epoch; null for what has not happened. */
  readonly at: number | null;
  /** What stands for null. */
  readonly none?: string;
}

/** A moment in words, with the exact time on hover and for who reads the page by its marks. */
export function Moment({ at, none = "never" }: Moment) {
  if (at === null) return none;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDateTime(at)}>
      {timeInWords(at)}
    </time>
  );
}
