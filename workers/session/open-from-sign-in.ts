import { nearestRegion, sessionOwner } from "../../shared/access/login/session-owner.ts";
import type { Handoff } from "../../shared/access/login/types.ts";
import type { Principal, SessionLifetime } from "../../shared/access/sessions/types.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject, sessionsObject } from "../platform/objects.ts";
import { freshId } from "../platform/random.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { endSession } from "./end-sessions.ts";
import { note } from "./events.ts";
import { openSession } from "./open-session.ts";
import { placeOf } from "./place.ts";

export interface Wanted {
  readonly app: Pick<SnapshotApp, "id" | "name" | "segmentId">;
  readonly lifetime: SessionLifetime;
  /** Whether the session ends together with the sign-in session. */
  readonly isBelow: boolean;
  readonly userAgent?: string;
}

export interface OpenedSession {
  readonly cookie: string;
  readonly principal: Principal;
  /** The end of the absolute lifetime, in milliseconds. */
  readonly expiresAt: number;
}

/**
 * Opens a session for somebody whose redeemed code stands for a live sign-in session. `signed_out` when that session
 * has ended in the meantime.
 */
export async function openFromSignIn(
  request: Request,
  bindings: Bindings,
  attemptId: string,
  handoff: Handoff,
  { app, isBelow, lifetime, ...wanted }: Wanted,
): Promise<Result<OpenedSession, "signed_out" | "user_disabled" | "stale">> {
  const signIn = await liveSignIn(bindings, handoff);
  const principal = signIn && (await loadPrincipal(bindings.db, handoff.userId));
  if (!signIn || principal?.status !== "active") return err("signed_out");

  const id = freshId("session");
  const owner = sessionOwner(app.segmentId, nearestRegion(placeOf(request)), principal.userId);
  // The attempt learns the session's id before the session exists. So a replay at any later moment finds the session to
  // end.
  await attemptsObject(bindings, attemptId).recordSession(attemptId, id, owner);
  const opened = await openSession(request, bindings, owner, {
    id,
    kind: "app",
    appId: app.id,
    parentId: isBelow ? handoff.signInSessionId : null,
    parentOwner: isBelow ? handoff.signInOwner : null,
    principal,
    authentication: signIn.authentication,
    lifetime: within(lifetime, signIn.expiresAt - Date.now()),
    // A session of another program than the browser that signed in is used from elsewhere.
    ...(isBelow && signIn.risk ? { risk: signIn.risk } : {}),
    ...wanted,
  });
  if (!opened.ok) return opened;

  // A sign-out may have run in the meantime. A sign-out first ends the sign-in session, and then the sessions in the
  // index.
  if (!(await liveSignIn(bindings, handoff))) {
    await endSession(bindings, owner, id, "parent_ended");
    return err("signed_out");
  }
  const detail = { app: app.name, ...(wanted.userAgent ? { by: wanted.userAgent } : {}) };
  await note(bindings, "session", "session.start", principal, id, detail);
  return ok({ cookie: opened.value.cookie, principal, expiresAt: opened.value.session.expiresAt });
}

/** No session outlives the sign-in that it came from. So nobody gets more time from a sign-in that is about to end. */
const within = (lifetime: SessionLifetime, leftMs: number): SessionLifetime => ({
  ...lifetime,
  absoluteSeconds: Math.min(lifetime.absoluteSeconds, Math.max(1, Math.ceil(leftMs / 1_000))),
});

async function liveSignIn(bindings: Bindings, handoff: Handoff) {
  const found = await sessionsObject(bindings, handoff.signInOwner).list({
    by: "session",
    id: handoff.signInSessionId,
  });
  return found.find((session) => session.id === handoff.signInSessionId) ?? null;
}
