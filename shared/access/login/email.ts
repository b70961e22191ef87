import { asciiLowerCase } from "../../base/ascii.ts";

/**
 * The e-mail address in the one form that policies and the registry know: lower case, ASCII, exactly one `@`.
 * Null for anything else: a homoglyph or a second `@` must not pass for another domain.
 */
export function normalEmail(text: unknown): string | null {
  if (typeof text !== "string" || text.length > 254) return null;
  const email = asciiLowerCase(text);
  if (email === null) return null;
  return /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(
    email,
  )
    ? email
    : null;
}

/** What stands after the `@` of a normal address. Domains are compared whole, never by suffix. */
export function emailDomain(email: string): string {
  return email.slice(email.indexOf("@") + 1);
}
