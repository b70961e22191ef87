import { type Fault, nodesOf } from "./diagnosis.ts";
import { patienceMs } from "./suspicion.ts";

/** One failure, from the first suspicion to its end. Times are ms. */
export interface Failure {
  readonly kind: Fault["kind"];
  /** The node that failed, or the one from which packets don't arrive. */
  readonly node: string;
  /** The other end of a link. */
  readonly to: string | null;
  /** Who says so. */
  readonly observers: readonly string[];
  readonly suspectedAt: number;
  /** When suspicion became certainty; null: not yet, or it ended before. */
  readonly confirmedAt: number | null;
  readonly endedAt: number | null;
}

/** So many failures that ended are kept, newest last. */
const MOST_ENDED = 300;
const MOST_OPEN = 500;
const MOST_NAMED = 8;

/**
 * Takes in what was diagnosed of some nodes. A fault opens a failure, or adds its observers to the open one. A failure of these
 * nodes that is diagnosed no more has ended. One that ended before it was confirmed was a false alarm, and is forgotten.
 * @param concerned the nodes of which everything was looked at
 */
export function noteFaults(
  failures: readonly Failure[],
  faults: readonly { readonly fault: Fault; readonly observers: readonly string[] }[],
  concerned: ReadonlySet<string>,
  now: number,
): Failure[] {
  const found = new Map(faults.map((one) => [keyOf(one.fault), one]));
  const kept = failures.flatMap((failure): Failure[] => {
    const settled = confirmed(failure, now);
    if (failure.endedAt !== null || !isAbout(failure, concerned)) return [settled];
    const again = found.get(keyOfFailure(failure));
    if (!again) return settled.confirmedAt === null ? [] : [{ ...settled, endedAt: now }];
    found.delete(keyOfFailure(failure));
    const observers = [...new Set([...settled.observers, ...again.observers])].slice(0, MOST_NAMED);
    return [confirmed({ ...settled, kind: again.fault.kind, observers }, now)];
  });
  const opened = [...found.values()].map(({ fault, observers }): Failure => {
    const [node, to = null] = nodesOf(fault) as [string, string?];
    const by = observers.slice(0, MOST_NAMED);
    return { kind: fault.kind, node, to, observers: by, suspectedAt: now, confirmedAt: null, endedAt: null };
  });
  return bounded([...kept, ...opened]);
}

/** As a failure stands at a time: time alone makes a suspicion certain (`suspicion.ts`). */
export function confirmed(failure: Failure, now: number): Failure {
  if (failure.confirmedAt !== null || failure.endedAt !== null) return failure;
  const certainAt = failure.suspectedAt + patienceMs(Math.max(1, failure.observers.length));
  return now >= certainAt ? { ...failure, confirmedAt: Math.round(certainAt) } : failure;
}

function bounded(failures: readonly Failure[]): Failure[] {
  const open = failures.filter(({ endedAt }) => endedAt === null).slice(-MOST_OPEN);
  return [...failures.filter(({ endedAt }) => endedAt !== null).slice(-MOST_ENDED), ...open];
}

const isAbout = ({ node, to }: Failure, concerned: ReadonlySet<string>): boolean =>
  concerned.has(node) || (to !== null && concerned.has(to));
const keyOf = (fault: Fault): string => [sortOf(fault.kind), ...nodesOf(fault)].join(" ");
const keyOfFailure = ({ kind, node, to }: Failure): string =>
  [sortOf(kind), node, ...(to === null ? [] : [to])].join(" ");
/** A node that nobody hears is the same failure before and after the hub misses it, too. */
const sortOf = (kind: Fault["kind"]): string => (kind === "unreachable" ? "node_down" : kind);
