/** What browsers say about the origin of a request, and how we answer requests from other sites. */

/** Origins are compared in the form in which browsers write them. */
const isAllowed = (origin: string, own: string, allowed: readonly string[]): boolean =>
  origin === own || allowed.includes(origin);

/**
 * Whether this Origin may open a WebSocket. A browser always sends an Origin. A caller without a cookie may
 * leave it out.
 */
export function mayOpenWebSocket(
  origin: string | null,
  ownOrigin: string,
  allowedOrigins: readonly string[],
  carriesCookie: boolean,
): boolean {
  if (origin === null) return !carriesCookie;
  return isAllowed(origin, ownOrigin, allowedOrigins);
}
