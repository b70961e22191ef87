import { asciiLowerCase } from "../../base/ascii.ts";

/**
 * The e-mail address in the only form that policies and the registry use: lower case, ASCII, exactly one `@`.
 * Null for any other text, because a homoglyph or a second `@` must not pass for another domain.
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

/** The part after the `@` of a normal address. Domains are compared as a whole, never by suffix. */
export function emailDomain(email: string): string {
  return email.slice(email.indexOf("@") + 1);
}
