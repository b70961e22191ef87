const encoder = new TextEncoder();

/**
 * The groups that an application is told of. All of them where they fit; otherwise those that this network knows by
 * name, as far as they fit: an application can't have been built on others.
 *
 * @param named Groups that the registry or a policy names.
 * @param maxBytes Of the list as JSON.
 * @returns The groups in their order, and how many were left out.
 */
export function assertedGroups(
  groups: readonly string[],
  named: ReadonlySet<string>,
  maxBytes: number,
): { readonly groups: readonly string[]; readonly omitted: number } {
  if (jsonBytes(groups) <= maxBytes) return { groups, omitted: 0 };
  const kept: string[] = [];
  let left = maxBytes - "[]".length;
  for (const group of groups) {
    if (!named.has(group)) continue;
    left -= jsonBytes(group) + ",".length;
    if (left < 0) break;
    kept.push(group);
  }
  return { groups: kept, omitted: groups.length - kept.length };
}

/** Length of a value as JSON in UTF-8. */
export const jsonBytes = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;
