/** Of longer names only the beginning is compared. */
const MOST_CHARACTERS = 100;

/**
 * The candidate that a person may have meant: the one with the fewest typing errors. An error is a letter
 * that is missing, extra, wrong, or swapped with its neighbour. There may be at most one error for every
 * three letters. A candidate that differs only in capital letters always counts. Null if no candidate is
 * near.
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

/** The optimal string alignment distance. Returns `limit` if the distance is `limit` or more. */
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
