/**
 * An error that breaks a body off. `workerd` knows by `retryable` that a connection ended, as its own errors of lost
 * connections say it. Without that, it logs each such body as an uncaught exception, a fault of ours.
 */
export class BrokenOff extends Error {
  readonly retryable = true;
}
