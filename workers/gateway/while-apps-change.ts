/** How often a request is begun anew: each time policies or apps changed within the moment that it took so far. */
const MOST_ATTEMPTS = 5;

/**
 * Makes an attempt until one is not overtaken by a change of the apps.
 *
 * @param attempt Resolves to null when it was overtaken.
 * @returns Null when every attempt was overtaken: nobody can say which settings hold, so answer 503.
 */
export async function whileAppsChange<T>(attempt: () => Promise<T | null>): Promise<T | null> {
  for (let made = 0; made < MOST_ATTEMPTS; made++) {
    const answer = await attempt();
    if (answer !== null) return answer;
  }
  return null;
}
