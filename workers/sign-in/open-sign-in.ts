import type { IdentityClaims } from "../../shared/access/login/identity-claims.ts";
import { asRegion, nearestRegion, sessionOwner } from "../../shared/access/login/session-owner.ts";
import { type Parent, SIGN_IN_SEGMENT } from "../../shared/access/sessions/types.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import { refreshMesh } from "../mesh/notify.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject, sessionsObject } from "../platform/objects.ts";
import { freshId } from "../platform/random.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { endDevice } from "../session/end-sessions.ts";
import { note } from "../session/events.ts";
import { networkLimits, openSession } from "../session/open-session.ts";
import { placeOf } from "../session/place.ts";
import { indexMoved } from "../session/session-index.ts";
import { signInSession } from "./current.ts";
import { noteGroups } from "./note-groups.ts";
import type { Provider } from "./providers.ts";
import { keepGrant } from "./recheck/grants.ts";
import { signInUser, type UserRefusal } from "./users.ts";

/**
 * Opens the browser's sign-in session for verified claims. The session is always new. If this browser has a
 * session of another person, that session ends with all its app sessions. A session of the same person stays,
 * because other tabs may be finishing a sign-in with it. From now on it ends together with the new one.
 *
 * @param refreshToken With this token the provider is asked regularly whether the user is still valid.
 * @returns The value for the sign-in cookie.
 */
export async function openSignIn(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  claims: IdentityClaims,
  refreshToken: string | null,
): Promise<Result<string, UserRefusal | "stale">> {
  const here = nearestRegion(placeOf(request));
  const user = await signInUser(bindings.db, provider, claims, here);
  if (!user.ok) return user;
  const { userId, homeRegion, changed } = user.value;
  const principal = await loadPrincipal(bindings.db, userId);
  if (principal?.status !== "active") return err("user_disabled");
  // The new facts from the provider also apply to the user's other sessions, from their next request on.
  if (changed) await Promise.all([coordinatorObject(bindings).tell([principal]), refreshMesh(bindings)]);

  const before = await signInSession(request, bindings);
  const isOwn = typeof before === "object" && before.session.principal.userId === userId;
  const own = isOwn ? before.session : null;
  const passkey = own?.authentication.passkey;
  const limits = await networkLimits(bindings.db);
  const owner = sessionOwner(SIGN_IN_SEGMENT, asRegion(homeRegion) ?? here, userId);
  const opened = await openSession(request, bindings, owner, {
    id: freshId("session"),
    kind: "sign_in",
    appId: null,
    parentId: null,
    parentOwner: null,
    principal,
    authentication: {
      providerId: provider.id,
      subject: claims.subject,
      providerSid: claims.sid,
      acr: claims.acr,
      amr: claims.amr,
      authTime: claims.authTime,
      // What the person showed with a passkey in this browser counts beside the provider's word.
      ...(passkey ? { passkey } : {}),
    },
    lifetime: { idleSeconds: limits.signInIdleSeconds, absoluteSeconds: limits.signInAbsoluteSeconds },
    // The browser is the same one, so it runs on the same device.
    ...(own?.device ? { device: own.device } : {}),
  });
  if (!opened.ok) return opened;
  // The grant is stored after the session, because the grant of a user without sessions is deleted.
  if (refreshToken !== null) await keepGrant(bindings, provider, claims.subject, refreshToken);
  if (typeof before === "object") {
    const earlier = { id: before.session.id, owner: before.owner };
    if (isOwn) await putBelow(bindings, earlier, { id: opened.value.session.id, owner });
    else await endDevice(bindings, earlier, "replaced");
  }
  await noteGroups(bindings, provider, claims, principal);
  await note(bindings, "login", "login.success", principal, opened.value.session.id, {
    provider: provider.id,
  });
  return ok(opened.value.cookie);
}

/** Puts an earlier sign-in session of the browser below the new one. */
async function putBelow(bindings: Bindings, earlier: Parent, newer: Parent): Promise<void> {
  const put = await sessionsObject(bindings, earlier.owner).putBelow(earlier.id, newer);
  if (put !== null) await indexMoved(bindings.db, put);
}
