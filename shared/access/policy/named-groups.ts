/** The groups that a policy in Cedar's JSON format names, in its scope or its conditions. */
export function namedGroups(policy: unknown): string[] {
  if (typeof policy !== "object" || policy === null) return [];
  const { type, id } = policy as { readonly type?: unknown; readonly id?: unknown };
  if (type === "Group" && typeof id === "string") return [id];
  return Object.values(policy).flatMap(namedGroups);
}
