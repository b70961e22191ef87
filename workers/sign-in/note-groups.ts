import type { IdentityClaims } from "../../shared/access/login/identity-claims.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { note } from "../session/events.ts";
import type { Provider } from "./providers.ts";

/**
 * Remembers whether a provider ever sent its groups claim, and warns while it has not. Without the claim,
 * policies that permit or forbid by the provider's groups see no groups. Some providers leave out the claim
 * for a user without groups, so one sign-in without it is no fault.
 */
export async function noteGroups(
  bindings: Bindings,
  { id, groupsClaim, groupsSeenAt }: Provider,
  { groupsStated }: IdentityClaims,
  user: Pick<Principal, "userId" | "email">,
): Promise<void> {
  if (groupsSeenAt !== null) return;
  const column = groupsStated ? "groups_seen_at" : "groups_missed_at";
  await bindings.db
    .prepare(`UPDATE identity_providers SET ${column} = ? WHERE id = ?`)
    .bind(Date.now(), id)
    .run();
  if (groupsStated) return;
  await note(bindings, "login", "login.groups_missing", user, id, { claim: groupsClaim });
}
