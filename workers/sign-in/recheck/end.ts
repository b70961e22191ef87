import type { Bindings } from "../../platform/env.ts";
import { coordinatorObject } from "../../platform/objects.ts";
import { note } from "../../session/events.ts";
import { indexEnded, liveOwners } from "../../session/session-index.ts";
import { type ClaimedGrant, forget } from "./grants.ts";
import { tellSessions } from "./tell.ts";

/**
 * Ends all sessions of the user that depend on this provider. Tells the user's other sessions that the
 * provider's groups are gone. May be repeated, because the grant is deleted last.
 */
export async function carryOutEnding(bindings: Bindings, grant: ClaimedGrant, reason: string): Promise<void> {
  const { userId, providerId, subject } = grant;
  const coordinator = coordinatorObject(bindings);
  const filter = { by: "provider", providerId, subject, sid: null } as const;
  const ended: string[] = [];
  // The sign-in sessions end first. An app session that is being made now checks its sign-in session after it
  // was added to the index.
  const signIns = (await liveOwners(bindings.db, { userId })).filter((owner) => owner.startsWith("signin/"));
  ended.push(...(await coordinator.endEverywhere(signIns, filter, "provider_logout")).ended);
  const owners = await liveOwners(bindings.db, { userId });
  ended.push(...(await coordinator.endEverywhere(owners, filter, "provider_logout")).ended);
  await indexEnded(bindings.db, ended, "provider_logout");
  await tellSessions(bindings, userId);
  await note(bindings, "session", "session.recheck_ended", "system", userId, {
    provider: providerId,
    reason,
    ended: ended.length,
  });
  await forget(bindings.db, grant);
}
