/** One element of a `like` pattern: any text, or exactly this text. */
export type PatternElement = "Wildcard" | { readonly Literal: string };

/**
 * Compiles a `like` pattern. Matching goes from left to right. Each literal part is matched at its first
 * place after the previous part. So there is no backtracking, whatever the number of wildcards.
 */
export function compilePattern(elements: readonly PatternElement[]): (text: string) => boolean {
  const runs = [""];
  for (const element of elements) {
    if (element === "Wildcard") runs.push("");
    else runs.push((runs.pop() ?? "") + element.Literal);
  }
  const [head = "", ...rest] = runs;
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === head;
  const middle = rest.filter((run) => run !== "");
  return (text) => {
    if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail))
      return false;
    const end = text.length - tail.length;
    let at = head.length;
    for (const run of middle) {
      const found = text.indexOf(run, at);
      if (found < 0) return false;
      at = found + run.length;
    }
    return at <= end;
  };
}
