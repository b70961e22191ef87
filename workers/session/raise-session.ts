import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { formatSessionCookie } from "../../shared/access/login/session-cookie.ts";
import type { Handoff } from "../../shared/access/login/types.ts";
import { type Authentication, NO_SESSION_RISK, type Session } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject, sessionsObject } from "../platform/objects.ts";
import { newSecret } from "../platform/random.ts";
import type { CurrentSession } from "./current-session.ts";
import { note } from "./events.ts";
import { live } from "./open-from.ts";
import { whereaboutsOf } from "./open-session.ts";
import { indexMoved } from "./session-index.ts";

/**
 * Notes in a session's object that its person showed anew who they are. The session gets another cookie.
 * @returns The cookie's value. Null if the session is over.
 */
export async function raiseSession(
  request: Request,
  bindings: Bindings,
  { session, owner }: Pick<CurrentSession, "session" | "owner">,
  authentication: Authentication,
  parent: { readonly id: string; readonly owner: string; readonly expiresAt: number } | null = null,
): Promise<string | null> {
  const secret = newSecret();
  const raised = await sessionsObject(bindings, owner).raise({
    id: session.id,
    userId: session.principal.userId,
    secretHash: hashSecret(secret),
    authentication,
    parent,
    risk: { ...NO_SESSION_RISK, whereabouts: whereaboutsOf(request) },
  });
  if (raised === null) return null;
  await indexMoved(bindings.db, raised);
  const { amr } = raised.authentication;
  await note(bindings, "session", "session.raised", raised.principal, raised.id, { amr: amr.join(" ") });
  return formatSessionCookie(owner, secret);
}

/**
 * Raises an app session to what its person showed at the auth host.
 * @returns The cookie's value. Null if the sign-in has ended meanwhile, or is another person's.
 */
export async function raiseFromSignIn(
  request: Request,
  bindings: Bindings,
  attemptId: string,
  handoff: Handoff,
  current: CurrentSession,
): Promise<string | null> {
  const signIn: Session | null = await live(bindings, {
    id: handoff.signInSessionId,
    owner: handoff.signInOwner,
  });
  if (signIn === null || handoff.userId !== current.session.principal.userId) return null;
  await attemptsObject(bindings, attemptId).recordSession(attemptId, current.session.id, current.owner);
  const parent = { id: signIn.id, owner: handoff.signInOwner, expiresAt: signIn.expiresAt };
  return raiseSession(request, bindings, current, signIn.authentication, parent);
}
