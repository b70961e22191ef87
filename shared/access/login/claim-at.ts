export type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its name or, where none has that name, by the path to it: `realm_access.roles` is the member `roles` of the
 * claim `realm_access`. Names are taken whole first, since some hold dots (`https://example.com/groups`).
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    if (!isClaims(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** The first name on the path to a claim: what the provider itself calls it. */
export const rootOf = (claims: Claims, name: string): string =>
  Object.hasOwn(claims, name) ? name : (name.split(".", 1)[0] ?? name);

export function isClaims(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
