/** Paths of the auth host for shared signals. */

/** A transmitter posts to this path and its own id. */
export const SIGNALS = "/.rustronaut/signals/";

export const isSignalsPath = (path: string): boolean => path.startsWith(SIGNALS);
