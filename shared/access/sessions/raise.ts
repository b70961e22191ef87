import type { LiveSession, SessionEvent } from "./state.ts";
import type { RaiseSession, Session } from "./types.ts";

/**
 * The session as it is after its person showed anew who they are. It lasts no longer than before. It never becomes
 * another person's.
 */
export function raise(live: LiveSession, input: RaiseSession, now: number): SessionEvent[] {
  const { session } = live;
  const { secretHash, authentication, parent, userId } = input;
  if (session.principal.userId !== userId) return [];
  const raised: Session = {
    ...session,
    authentication,
    raisedAt: now,
    lastSeenAt: Math.max(session.lastSeenAt, now),
    risk: { ...input.risk, version: (session.risk?.version ?? 0) + 1 },
    ...(parent
      ? {
          parentId: parent.id,
          parentOwner: parent.owner,
          expiresAt: Math.min(session.expiresAt, parent.expiresAt),
        }
      : {}),
  };
  return [{ type: "raised", live: { ...live, session: raised, secretHash } }];
}
