/**
 * The mark in the query of a request that stands for a parked one. It holds the secret that only the waiting tab knows.
 * No upstream ever sees it.
 */
const MARK = /[?&]rustronaut-continue=([\w-]{43})$/;

/** @param target Path and query of the parked request. */
export const withContinuation = (target: string, secret: string): string =>
  `${target}${target.includes("?") ? "&" : "?"}rustronaut-continue=${secret}`;

/** The secret in a query, and the query without the mark. Null if there is no mark. */
export function continuationOf(query: string): { readonly secret: string; readonly query: string } | null {
  const found = MARK.exec(query);
  return found?.[1] === undefined ? null : { secret: found[1], query: query.slice(0, found.index) };
}
