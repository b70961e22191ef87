import { useApi } from "../api.ts";

/**
 * Turns the actors of the audit log into names: `user:usr_…` into an e-mail address. Null while the names are loaded;
 * who is not among the first 200 keeps the id.
 */
export function useActorNames(): ((actor: string) => string) | null {
  const users = useApi("users.list", { query: { limit: 200 } });
  if (users.isPending) return null;
  const emails = new Map(users.data?.items.map((user) => [`user:${user.id}`, user.email]));
  return (actor) => emails.get(actor) ?? actor;
}
