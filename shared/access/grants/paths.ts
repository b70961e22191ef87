/** On the auth host: the pages on which people request access, wait for it, and answer requests. */
export const GRANTS = "/.rustronaut/grants";

/** Where a person requests access to an app. @param to The path and query to which the person goes on then. */
export const askPath = (appId: string, to: string): string =>
  `${GRANTS}/ask?app=${encodeURIComponent(appId)}&to=${encodeURIComponent(to)}`;
