const encoder = new TextEncoder();

/**
 * The groups that an application is told about. If all groups fit, the application gets all of them.
 * Otherwise it gets as many as fit of the groups that this network knows by name. It can't need the other
 * groups, because nobody could set it up with unknown names.
 *
 * @param named Groups that the registry or a policy names.
 * @param maxBytes The most bytes of the list as JSON.
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

/** The length of a value as JSON in UTF-8, in bytes. */
export const jsonBytes = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;
