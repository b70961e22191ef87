/** The names of the groups in the scope and the conditions of a policy in Cedar's JSON format. */
export function namedGroups(policy: unknown): string[] {
  if (typeof policy !== "object" || policy === null) return [];
  const { type, id } = policy as { readonly type?: unknown; readonly id?: unknown };
  if (type === "Group" && typeof id === "string") return [id];
  return Object.values(policy).flatMap(namedGroups);
}
