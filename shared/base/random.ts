/** Time, randomness and secrets reach the pure core only through these. */

/** Milliseconds since the Unix epoch. */
export type Clock = () => number;

/** Fills and returns `length` bytes from a cryptographically secure source. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;
