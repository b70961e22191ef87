import { hashSecret } from "./secret-hash.ts";
import { parseOwner } from "./session-owner.ts";

/** The cookie on every app host and on the hub host. */
export const APP_SESSION_COOKIE = "__Host-rn_s";
/** The cookie on the auth host. */
export const SIGN_IN_COOKIE = "__Host-rn_g";

/** `<owner with dots>.<secret>`. The owner tells which object to ask. Only the secret proves the session. */
export function formatSessionCookie(owner: string, secret: string): string {
  return `${owner.replaceAll("/", ".")}.${secret}`;
}

/** The owner and the hash of the secret. Null if we can't have made the value. */
export function parseSessionCookie(value: string): { owner: string; secretHash: string } | null {
  const match = /^([a-z0-9_]{1,30}\.[a-z]{2,4}\.[0-9]{1,2})\.([A-Za-z0-9_-]{43})$/.exec(value);
  if (!match) return null;
  const [, dotted = "", secret = ""] = match;
  const owner = dotted.replaceAll(".", "/");
  return parseOwner(owner) ? { owner, secretHash: hashSecret(secret) } : null;
}
