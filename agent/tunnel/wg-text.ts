/** A key as `wg` writes it: base64 with padding. @param key Base64url. */
export const wgText = (key: string): string => Buffer.from(key, "base64url").toString("base64");
