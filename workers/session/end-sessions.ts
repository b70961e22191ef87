import {
  mayHaveChildren,
  type Session,
  type SessionEndReason,
  type SessionFilter,
} from "../../shared/access/sessions/types.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject, sessionsObject } from "../platform/objects.ts";
import { noteEnding } from "./events.ts";
import { indexEnded, liveOwners, signInsBelow, signInsOfBrowser } from "./session-index.ts";

export type SignOutScope = "app" | "device" | "everywhere";

export function asScope(text: string | null, fallback: SignOutScope): SignOutScope {
  return text === "app" || text === "device" || text === "everywhere" ? text : fallback;
}

/** Ends one session in its object. */
export async function endSession(
  bindings: Bindings,
  owner: string,
  id: string,
  reason: SessionEndReason,
): Promise<void> {
  await sessionsObject(bindings, owner).end({ by: "session", id }, reason);
  await indexEnded(bindings.db, [id], reason);
}

/**
 * Ends a sign-in session or a command line, and then all app sessions under it, also those under what the browser had
 * signed in with before. In this order, no new app session can start in between.
 */
export async function endDevice(
  bindings: Bindings,
  signIn: { readonly id: string; readonly owner: string },
  reason: SessionEndReason,
): Promise<void> {
  await endSession(bindings, signIn.owner, signIn.id, reason);
  for (const parentId of await signInsBelow(bindings.db, signIn.id))
    await endBelow(bindings, { parentId }, reason);
}

/** What an ending reached, and the owners that it could not reach yet. */
interface Ended {
  readonly ended: readonly string[];
  readonly pending: readonly string[];
}

/** Ends the sessions that hang below one: all, or those of one app. */
export async function endBelow(
  bindings: Bindings,
  of: { readonly parentId: string; readonly appId?: string },
  reason: SessionEndReason,
): Promise<Ended> {
  const owners = await liveOwners(bindings.db, of);
  if (owners.length === 0) return { ended: [], pending: [] };
  const { parentId: id, ...app } = of;
  const done = await coordinatorObject(bindings).endEverywhere(owners, { by: "parent", id, ...app }, reason);
  await indexEnded(bindings.db, done.ended, reason);
  return done;
}

/**
 * Ends the sessions that a browser still has at other hosts of an app. After a step-up, some of them may hang below an
 * earlier sign-in of the same browser.
 */
export async function endAtOtherHosts(
  bindings: Bindings,
  signInId: string,
  appId: string,
  reason: SessionEndReason,
): Promise<Ended[]> {
  const parents = await signInsOfBrowser(bindings.db, signInId);
  return Promise.all(parents.map((parentId) => endBelow(bindings, { parentId, appId }, reason)));
}

/** Ends all sessions of a user: see `endOfUser`. */
export const endUser = (bindings: Bindings, userId: string, reason: SessionEndReason): Promise<string[]> =>
  endOfUser(bindings, userId, { by: "user", id: userId }, reason);

/**
 * Ends those sessions of a user that match the filter, the sign-in sessions first. An app session may be in the making
 * at this moment. It is put into the index first, and checks its sign-in session then. So either this function finds
 * the app session, or the app session ends itself.
 */
export async function endOfUser(
  bindings: Bindings,
  userId: string,
  filter: SessionFilter,
  reason: SessionEndReason,
): Promise<string[]> {
  const coordinator = coordinatorObject(bindings);
  const all: string[] = [];
  const first = await liveOwners(bindings.db, { userId });
  const signIns = first.filter((owner) => owner.startsWith("signin/"));
  all.push(...(await coordinator.endEverywhere(signIns, filter, reason)).ended);
  const owners = await liveOwners(bindings.db, { userId });
  all.push(...(await coordinator.endEverywhere(owners, filter, reason)).ended);
  await indexEnded(bindings.db, all, reason);
  return all;
}

/**
 * Ends the sessions that a person asked to end, and records it. `current` is the session that asks.
 *
 * @param place Where the person asked, for the record.
 */
export async function signOut(
  bindings: Bindings,
  current: { readonly session: Session; readonly owner: string },
  scope: SignOutScope,
  place: EventEntry["detail"] = {},
): Promise<void> {
  const { id, principal } = current.session;
  const detail = { scope, ...place };
  await noteEnding(bindings, ["session", "session.sign_out", principal, id, detail], async () => {
    await endScope(bindings, current, scope);
    return {};
  });
}

async function endScope(
  bindings: Bindings,
  { session, owner }: { readonly session: Session; readonly owner: string },
  scope: SignOutScope,
): Promise<void> {
  await endSession(bindings, owner, session.id, "signed_out");
  if (scope === "everywhere") {
    await endUser(bindings, session.principal.userId, "signed_out");
  } else if (mayHaveChildren(session)) {
    await endDevice(bindings, { id: session.id, owner }, "signed_out");
  } else if (scope === "device" && session.parentId !== null && session.parentOwner !== null) {
    await endDevice(bindings, { id: session.parentId, owner: session.parentOwner }, "signed_out");
  } else if (session.parentId !== null && session.appId !== null) {
    await endAtOtherHosts(bindings, session.parentId, session.appId, "signed_out");
  }
}
