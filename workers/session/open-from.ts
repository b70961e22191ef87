import { nearestRegion, sessionOwner } from "../../shared/access/login/session-owner.ts";
import type { Handoff } from "../../shared/access/login/types.ts";
import type { Principal, Session, SessionLifetime } from "../../shared/access/sessions/types.ts";
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
  /** Whether the session ends together with the one that it comes from. */
  readonly isBelow: boolean;
  readonly userAgent?: string;
  /** The host that gets the session's cookie. */
  readonly host?: string;
  /** The OAuth client that will hold the session. */
  readonly client?: NonNullable<Session["client"]>;
}

export interface OpenedSession {
  readonly cookie: string;
  readonly principal: Principal;
  /** The end of the absolute lifetime, in milliseconds. */
  readonly expiresAt: number;
}

/** The live session that a new one comes from. */
export interface Origin {
  readonly id: string;
  readonly owner: string;
  readonly userId: string;
}

/**
 * Opens a session for somebody whose redeemed code stands for a live sign-in session. `signed_out` when that session
 * has ended in the meantime.
 */
export const openFromSignIn = (
  request: Request,
  bindings: Bindings,
  attemptId: string,
  { signInSessionId: id, signInOwner: owner, userId }: Handoff,
  wanted: Wanted,
): Promise<Opened> =>
  // The attempt learns the session's id before the session exists. So a replay at any later moment finds the session to
  // end.
  openFrom(request, bindings, { id, owner, userId }, wanted, (newId, newOwner) =>
    attemptsObject(bindings, attemptId).recordSession(attemptId, newId, newOwner),
  );

type Opened = Result<OpenedSession, "signed_out" | "user_disabled" | "stale">;

/**
 * Opens a session that comes from a live one. `signed_out` when that one has ended in the meantime.
 * @param announce Is told of the new session before it exists.
 */
export async function openFrom(
  request: Request,
  bindings: Bindings,
  from: Origin,
  { app, isBelow, lifetime, ...wanted }: Wanted,
  announce: (id: string, owner: string) => Promise<unknown> = async () => undefined,
): Promise<Opened> {
  const origin = await live(bindings, from);
  const principal = origin && (await loadPrincipal(bindings.db, from.userId));
  if (!origin || principal?.status !== "active") return err("signed_out");

  const id = freshId("session");
  const owner = sessionOwner(app.segmentId, nearestRegion(placeOf(request)), principal.userId);
  await announce(id, owner);
  const opened = await openSession(request, bindings, owner, {
    id,
    kind: "app",
    appId: app.id,
    parentId: isBelow ? from.id : null,
    parentOwner: isBelow ? from.owner : null,
    principal,
    authentication: origin.authentication,
    lifetime: within(lifetime, origin.expiresAt - Date.now()),
    // A session of another program than the browser that signed in is used from elsewhere.
    ...(isBelow && origin.risk ? { risk: origin.risk } : {}),
    ...(isBelow && origin.device ? { device: origin.device } : {}),
    ...wanted,
  });
  if (!opened.ok) return opened;

  // A sign-out may have run in the meantime. A sign-out first ends the session above, and then the sessions in the
  // index.
  if (!(await live(bindings, from))) {
    await endSession(bindings, owner, id, "parent_ended");
    return err("signed_out");
  }
  const detail = { app: app.name, ...(wanted.userAgent ? { by: wanted.userAgent } : {}) };
  await note(bindings, "session", "session.start", principal, id, detail);
  return ok({ cookie: opened.value.cookie, principal, expiresAt: opened.value.session.expiresAt });
}

/** No session outlives the one that it came from. So nobody gets more time from a sign-in that is about to end. */
const within = (lifetime: SessionLifetime, leftMs: number): SessionLifetime => ({
  ...lifetime,
  absoluteSeconds: Math.min(lifetime.absoluteSeconds, Math.max(1, Math.ceil(leftMs / 1_000))),
});

/** The session that another one is opened or raised from. Null if it has ended. */
export async function live(bindings: Bindings, { id, owner }: Pick<Origin, "id" | "owner">) {
  const found = await sessionsObject(bindings, owner).list({ by: "session", id });
  return found.find((session) => session.id === id) ?? null;
}
