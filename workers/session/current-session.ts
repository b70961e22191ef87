import { parseSessionCookie } from "../../shared/access/login/session-cookie.ts";
import { parseOwner } from "../../shared/access/login/session-owner.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { cookieValues } from "./cookies.ts";

export interface CurrentSession {
  readonly session: Session;
  readonly owner: string;
  readonly epoch: number;
  /** What the cookie holds; to derive a CSRF token from, never to show. */
  readonly cookie: string;
}

/**
 * The one session that the browser's cookies of this name prove, `none`, or `stale` when the owner can't
 * vouch for it (answer 503). Two cookies that both prove a session are as good as none: one was planted.
 *
 * @param scope The segment that must own it and the app that it must be for (null for sign-in sessions).
 */
export async function currentSession(
  request: Request,
  bindings: Bindings,
  cookieName: string,
  scope: { readonly segmentId: string; readonly appId: string | null },
): Promise<CurrentSession | "none" | "stale"> {
  const proven: CurrentSession[] = [];
  for (const cookie of cookieValues(request, cookieName)) {
    const parsed = parseSessionCookie(cookie);
    if (!parsed || parseOwner(parsed.owner)?.segmentId !== scope.segmentId) continue;
    const verdict = await sessionsObject(bindings, parsed.owner).verify(parsed.secretHash, scope.appId, true);
    if (verdict.ok) {
      proven.push({ session: verdict.session, owner: parsed.owner, epoch: verdict.epoch, cookie });
    } else if (verdict.reason === "stale") return "stale";
  }
  const [only, ...others] = proven;
  return only && others.length === 0 ? only : "none";
}
