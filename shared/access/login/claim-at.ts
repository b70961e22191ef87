export type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its name. If no claim has that name, the name is a path: `realm_access.roles` is the member
 * `roles` of the claim `realm_access`. Some names contain dots themselves (`https://example.com/groups`, or a
 * client `my.app` below `resource_access`), so the longest existing name is taken.
 */
export function claimAt(claims: Claims, name: string): unknown {
  let end = name.length;
  while (end > 0) {
    const head = name.slice(0, end);
    if (Object.hasOwn(claims, head)) {
      const value = claims[head];
      if (end === name.length) return value;
      const found = isClaims(value) ? claimAt(value, name.slice(end + 1)) : undefined;
      if (found !== undefined) return found;
    }
    end = name.lastIndexOf(".", end - 1);
  }
  return undefined;
}

/** The first name on the path to a claim: the name that the provider itself uses. */
export const rootOf = (claims: Claims, name: string): string =>
  Object.hasOwn(claims, name) ? name : (name.split(".", 1)[0] ?? name);

export function isClaims(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
