/** Paths of the auth host for shared signals. */

/** A transmitter posts to this path and its own id. */
export const SIGNALS = "/.rustronaut/signals/";
/** A receiver manages its stream below this path. */
export const SSF = "/.rustronaut/ssf/";
/** What a receiver must know of this transmitter (SSF 1.0 §7.2). */
export const SSF_CONFIGURATION = "/.well-known/ssf-configuration";

export const isSignalsPath = (path: string): boolean =>
  path.startsWith(SIGNALS) || path.startsWith(SSF) || path === SSF_CONFIGURATION;
