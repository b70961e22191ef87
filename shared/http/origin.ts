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

/**
 * A preflight is an OPTIONS request with an Origin and a requested method (Fetch standard §3.2.2). Both must
 * be present.
 */
export function isPreflight(method: string, origin: string | null, requestedMethod: string | null): boolean {
  return (
    method === "OPTIONS" &&
    origin !== null &&
    requestedMethod !== null &&
    /^[A-Za-z]{1,20}$/.test(requestedMethod)
  );
}

/**
 * Lets scripts of an allowed origin read our refusals. Without these headers a script sees only a network
 * error.
 */
export function corsHeaders(
  origin: string | null,
  ownOrigin: string,
  allowedOrigins: readonly string[],
): readonly (readonly [string, string])[] {
  if (origin === null || origin === ownOrigin || !allowedOrigins.includes(origin)) return [];
  return [
    ["access-control-allow-origin", origin],
    ["access-control-allow-credentials", "true"],
    ["access-control-expose-headers", "x-rustronaut-response, www-authenticate, retry-after"],
    ["vary", "Origin"],
  ];
}

/** Our answer to an allowed preflight. The policies decide later, when the real request comes. */
export function preflightHeaders(
  origin: string,
  requestedMethod: string,
  requestedHeaders: string | null,
): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [
    ["access-control-allow-origin", origin],
    ["access-control-allow-credentials", "true"],
    ["access-control-allow-methods", requestedMethod],
    ["access-control-max-age", "600"],
    ["vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
  ];
  if (requestedHeaders !== null && /^[A-Za-z0-9_, -]{1,2000}$/.test(requestedHeaders)) {
    headers.push(["access-control-allow-headers", requestedHeaders]);
  }
  return headers;
}
