import { sha256 } from "@noble/hashes/sha2.js";

/** The hash of a script's text, in the form for a `Content-Security-Policy`. */
export const scriptHash = (script: string): string =>
  `'sha256-${btoa(String.fromCharCode(...sha256(new TextEncoder().encode(script))))}'`;
