import { parseSessionCookie } from "../../shared/access/login/session-cookie.ts";
import { parseOwner } from "../../shared/access/login/session-owner.ts";
import { type Said, soleProof } from "../../shared/access/login/sole-proof.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { remembering } from "../../shared/base/bounded-map.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { cookieValues } from "./cookies.ts";
import { seenOf } from "./seen.ts";

/** What a session's object said about the session, and the owner that names this object. */
export interface Vouched {
  readonly session: Session;
  readonly owner: string;
  readonly epoch: number;
  /** How long (milliseconds) the session was not used before this request. */
  readonly unusedMs?: number;
}

export interface CurrentSession extends Vouched {
  /** The cookie's value. A CSRF token is derived from it. It must never be shown. */
  readonly cookie: string;
}

/** What a session must be for. */
export interface Scope {
  /** The segment that must own the session. */
  readonly segmentId: string;
  /** Null for a sign-in session. */
  readonly appId: string | null;
  /** The host that the cookie was sent to. Missing if the session is shown in another way. */
  readonly host?: string;
}

/** The scope of an app's cookie at one of its hosts. */
export const scopeOf = ({ segmentId, id, host }: Pick<SnapshotApp, "segmentId" | "id" | "host">): Scope => ({
  segmentId,
  appId: id,
  host,
});

/**
 * The one session that the browser's cookies of this name prove (`soleProof`). `none` when they prove no session.
 * `stale` when the owner can't vouch for its sessions (answer 503).
 */
export async function currentSession(
  request: Request,
  bindings: Bindings,
  cookieName: string,
  scope: Scope,
): Promise<CurrentSession | "none" | "stale"> {
  const said: Said<CurrentSession>[] = [];
  for (const cookie of cookieValues(request, cookieName)) {
    const vouched = await vouchedFor(request, cookie, bindings, scope);
    said.push(typeof vouched === "object" ? { ...vouched, cookie } : vouched);
  }
  const session = soleProof(said);
  return session === "ended" || session === "unknown" ? "none" : session;
}

/**
 * Parses a cookie and remembers the result. A page sends the same cookie with each of its requests, and one hash of the
 * cookie costs as much as one decision.
 */
const parsedCookie = remembering(2_000, parseSessionCookie);

/**
 * What the session's object says about a cookie. `unknown` when the cookie can't belong to this scope or was never
 * good.
 *
 * @param request What it shows of its sender is looked at for risk. Null for sessions that are not graded.
 */
export async function vouchedFor(
  request: Request | null,
  cookie: string,
  bindings: Bindings,
  scope: Scope,
): Promise<Said<Vouched>> {
  const parsed = parsedCookie(cookie);
  if (!parsed || parseOwner(parsed.owner)?.segmentId !== scope.segmentId) return "unknown";
  const { owner, secretHash } = parsed;
  const verdict = await sessionsObject(bindings, owner).verify(
    secretHash,
    scope.appId,
    true,
    request ? seenOf(request) : undefined,
  );
  if (verdict.ok) {
    const { session, epoch, unusedMs = 0 } = verdict;
    // Each host of an app has a cookie of its own. That of another host was carried here by no browser.
    if (session.host !== undefined && scope.host !== session.host) return "unknown";
    return { session, owner, epoch, unusedMs };
  }
  return verdict.reason === "stale" || verdict.reason === "unknown" ? verdict.reason : "ended";
}
