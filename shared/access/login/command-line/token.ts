/**
 * The bearer tokens of a signed-in command line: a prefix by which secret scanners find them, and what a browser would
 * hold as a session cookie.
 */
const OF_HUB = "rncli_";
const OF_APP = "rnses_";

/** The token of the command line itself. Only the hub takes it. */
export const commandLineToken = (cookie: string): string => OF_HUB + cookie;

export const isCommandLineToken = (token: string): boolean => token.startsWith(OF_HUB);

/** The token of a command line for one app. Only this app's host takes it. */
export const appToken = (cookie: string): string => OF_APP + cookie;

export const isAppToken = (token: string): boolean => token.startsWith(OF_APP);

/** The session cookie inside a token of either kind. */
export const cookieOf = (token: string): string => token.slice(OF_HUB.length);
