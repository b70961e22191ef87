/**
 * Runs `work` for each item, at most `width` at a time. A failure doesn't stop the others. The results have
 * the order of the items.
 */
export async function settleAll<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [at, item] of left) [results[at]] = await Promise.allSettled([work(item)]);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
