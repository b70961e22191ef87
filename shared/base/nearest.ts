/** Names that are longer are compared by their beginnings. */
const MOST_CHARACTERS = 100;

/**
 * The candidate that a person may have meant: the one with the fewest slips (a letter too many, too few, wrong or swapped
 * with its neighbour), at most one for every three letters, and in any case one that differs in capitals alone. Null where
 * none is near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const wanted = folded(name);
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(wanted, folded(candidate), fewest);
    if (slips < fewest && candidate !== name) [best, fewest] = [candidate, slips];
  }
  return best;
}

const folded = (text: string): string => text.slice(0, MOST_CHARACTERS).toLowerCase();

/** Optimal string alignment distance; `limit` where it is that or more. */
function slipsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let [before, last]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min((last?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last?.[j - 1] ?? 0) + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) slips = Math.min(slips, (before?.[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    if (Math.min(...row) >= limit) return limit;
    [before, last] = [last, row];
  }
  return Math.min(last?.[b.length] ?? limit, limit);
}
