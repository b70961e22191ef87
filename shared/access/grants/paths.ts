/** On the auth host: the pages on which people request access, wait for it, and answer requests. */
export const GRANTS = "/.rustronaut/grants";

/**
 * Where a person requests access to an app.
 * @param app The host is the one under which the person wanted to open it.
 * @param to The path and query to which the person goes on then.
 */
export const askPath = ({ id, host }: { readonly id: string; readonly host: string }, to: string): string =>
  `${GRANTS}/ask?app=${encodeURIComponent(id)}&host=${encodeURIComponent(host)}&to=${encodeURIComponent(to)}`;
