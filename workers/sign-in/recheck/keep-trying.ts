const PAUSES_MS = [50, 250, 1_000];

/** Tries once, and again after each of three short pauses; throws what the last try threw. */
export async function keepTrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return attempt();
}
