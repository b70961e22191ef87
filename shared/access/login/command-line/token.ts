const PREFIX = "rncli_";

/**
 * The bearer token of a signed-in command line: a prefix by which secret scanners find it, and what a browser would hold
 * as a session cookie.
 */
export const commandLineToken = (cookie: string): string => PREFIX + cookie;

export const isCommandLineToken = (token: string): boolean => token.startsWith(PREFIX);

/** The session cookie inside the token. */
export const cookieOf = (token: string): string => token.slice(PREFIX.length);
