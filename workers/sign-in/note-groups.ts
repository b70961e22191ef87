import type { IdentityClaims } from "../../shared/access/login/identity-claims.ts";
import type { Bindings } from "../platform/env.ts";
import { note } from "../session/events.ts";
import type { Provider } from "./providers.ts";

/**
 * Remembers whether a provider ever sent its groups claim, and warns while it has not: policies that permit or forbid by
 * its groups then see none. Some providers leave the claim out for a user without groups, so a single sign-in without it
 * is no fault.
 */
export async function noteGroups(
  bindings: Bindings,
  { id, groupsClaim, groupsSeenAt }: Provider,
  { groupsStated }: IdentityClaims,
  userId: string,
): Promise<void> {
  if (groupsSeenAt !== null) return;
  const column = groupsStated ? "groups_seen_at" : "groups_missed_at";
  await bindings.db
    .prepare(`UPDATE identity_providers SET ${column} = ? WHERE id = ?`)
    .bind(Date.now(), id)
    .run();
  if (groupsStated) return;
  await note(bindings, "login", "login.groups_missing", `user:${userId}`, id, { claim: groupsClaim });
}
