import type { RiskSignal } from "./signal.ts";

/**
 * Something that finds risk: rules on what a request shows, an administrator, later a program that learns how
 * people behave. A source has no clock, no randomness and no I/O. Whoever runs it keeps its memory and gives the
 * signals to the person or the session that they are about.
 *
 * `decide` says what an observation means, and `apply` what is remembered of it. What it finds is bounded: a score
 * of at most 100, and one signal for each kind.
 */
export interface RiskSource<Seen, Memory, Event> {
  /** The `source` of its signals. */
  readonly name: string;
  /** @param memory Null before the first observation. */
  readonly decide: (memory: Memory | null, seen: Seen, now: number) => Found<Event>;
  readonly apply: (memory: Memory | null, event: Event) => Memory | null;
}

export interface Found<Event> {
  readonly events: readonly Event[];
  readonly signals: readonly RiskSignal[];
}
