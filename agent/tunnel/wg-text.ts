/** A key in the form of `wg`: base64 with padding. @param key Base64url. */
export const wgText = (key: string): string => Buffer.from(key, "base64url").toString("base64");
