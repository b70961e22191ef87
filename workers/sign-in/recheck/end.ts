import type { Bindings } from "../../platform/env.ts";
import { endOfUser } from "../../session/end-sessions.ts";
import { note } from "../../session/events.ts";
import { type ClaimedGrant, forget } from "./grants.ts";
import { tellSessions } from "./tell.ts";

/**
 * Ends all sessions of the user that depend on this provider. Tells the user's other sessions that the
 * provider's groups are gone. May be repeated, because the grant is deleted last.
 */
export async function carryOutEnding(bindings: Bindings, grant: ClaimedGrant, reason: string): Promise<void> {
  const { userId, providerId, subject } = grant;
  const filter = { by: "provider", providerId, subject, sid: null } as const;
  const ended = await endOfUser(bindings, userId, filter, "provider_logout");
  await tellSessions(bindings, userId);
  await note(bindings, "session", "session.recheck_ended", "system", userId, {
    provider: providerId,
    reason,
    ended: ended.length,
  });
  await forget(bindings.db, grant);
}
