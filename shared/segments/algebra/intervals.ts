/**
 * Sets of numbers as sorted lists of half-open intervals that neither touch nor overlap. Ports lie on a line of numbers, and
 * addresses on one of bigints.
 */
export type Intervals<N extends number | bigint> = readonly (readonly [from: N, until: N])[];

/** The set of all numbers that lie in one of the intervals, in any order. */
export function intervals<N extends number | bigint>(
  parts: readonly (readonly [from: N, until: N])[],
): Intervals<N> {
  const sorted = parts
    .filter(([from, until]) => from < until)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const kept: [N, N][] = [];
  for (const [from, until] of sorted) {
    const last = kept.at(-1);
    if (!last || from > last[1]) kept.push([from, until]);
    else if (until > last[1]) last[1] = until;
  }
  return kept;
}

export const union = <N extends number | bigint>(...sets: readonly Intervals<N>[]): Intervals<N> =>
  sets.length === 1 ? (sets[0] ?? []) : intervals(sets.flat());

export function intersection<N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): Intervals<N> {
  const common: [N, N][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [[from, until], [first, end]] = [a[i] as readonly [N, N], b[j] as readonly [N, N]];
    let begin: N = from;
    let stop: N = until;
    if (first > begin) begin = first;
    if (end < stop) stop = end;
    if (begin < stop) common.push([begin, stop]);
    if (until < end) i++;
    else j++;
  }
  return common;
}

/** What is in `a` and not in `b`. */
export function difference<N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): Intervals<N> {
  if (b.length === 0) return a;
  const left: [N, N][] = [];
  let at = 0;
  for (const [from, until] of a) {
    let begin = from;
    while (at < b.length && (b[at] as readonly [N, N])[1] <= begin) at++;
    for (let hole = at; hole < b.length && begin < until; hole++) {
      const [first, end] = b[hole] as readonly [N, N];
      if (first >= until) break;
      if (first > begin) left.push([begin, first]);
      if (end > begin) begin = end;
    }
    if (begin < until) left.push([begin, until]);
  }
  return left;
}

export const isWithin = <N extends number | bigint>(inner: Intervals<N>, outer: Intervals<N>): boolean =>
  difference(inner, outer).length === 0;

export const isSameSet = <N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): boolean =>
  a.length === b.length && a.every(([from, until], at) => from === b[at]?.[0] && until === b[at]?.[1]);

export const holds = <N extends number | bigint>(set: Intervals<N>, value: N): boolean =>
  set.some(([from, until]) => from <= value && value < until);
