import { useSyncExternalStore } from "react";
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
  const words = useSyncExternalStore(subscribe, () => (at === null ? none : timeInWords(at)));
  if (at === null) return words;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDateTime(at)}>
      {words}
    </time>
  );
}

const TICK_MS = 10_000;
const listeners = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;

/** One clock for all that is shown, so that words stay true while a page stays open. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  clock ??= setInterval(() => {
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
}
