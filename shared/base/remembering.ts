/**
 * The function with its answers kept, for texts of which a few come again and again. It must be pure.
 *
 * @param max Answers that are kept; at one more it forgets them all, since texts that come from clients have no end.
 */
export function remembering<V>(max: number, answer: (text: string) => V): (text: string) => V {
  const kept = new Map<string, V>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const value = answer(text);
    if (kept.size >= max) kept.clear();
    kept.set(text, value);
    return value;
  };
}
