/** One line of a difference: unchanged (" "), removed ("-") or added ("+"). */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/**
 * The most lines on one side that are compared, after the common lines at both ends. With more lines, all of
 * them are shown as replaced.
 */
const MOST_COMPARED = 2_000;

/** The lines that turn `before` into `after`, in order. As many lines as possible stay unchanged. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const kept = (lines: readonly string[]) => lines.map((text): DiffLine => ({ sign: " ", text }));
  return [
    ...kept(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...kept(a.slice(a.length - tail)),
  ];
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** Uses the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const isLong = a.length > MOST_COMPARED || b.length > MOST_COMPARED;
  const common = isLong ? null : commonLengths(a, b);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (common && i < a.length && a[i] === b[j]) {
      lines.push({ sign: " ", text: a[i++] ?? "" });
      j++;
    } else if (i < a.length && (j >= b.length || !common || common(i + 1, j) >= common(i, j + 1))) {
      lines.push({ sign: "-", text: a[i++] ?? "" });
    } else lines.push({ sign: "+", text: b[j++] ?? "" });
  }
  return lines;
}

/** The largest number of lines that `a` from `i` on and `b` from `j` on have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): (i: number, j: number) => number {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}
