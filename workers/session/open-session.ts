import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { formatSessionCookie } from "../../shared/access/login/session-cookie.ts";
import { WHEREABOUTS } from "../../shared/access/risk/whereabouts.ts";
import { type CreateSession, NO_SESSION_RISK, type Session } from "../../shared/access/sessions/types.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import type { AliasedRowOf } from "../../shared/registry/rows.ts";
import type { networks } from "../../shared/registry/schema.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { newSecret } from "../platform/random.ts";
import { seenOf } from "./seen.ts";
import { indexEnded, indexSession } from "./session-index.ts";

export type NewSession = Omit<CreateSession, "secretHash" | "ip" | "userAgent" | "maxPerUser"> & {
  /** What holds the session, in words. The request says it if it is left out. */
  readonly userAgent?: string;
};

const MAX_USER_AGENT = 300;
const MAX_IP = 45;

/**
 * Makes a session with a secret that never existed before, and puts the session into the index. `stale` when the owner
 * can't vouch for its sessions (answer 503). Throws when the index can't be written. The session is ended in that case.
 */
export async function openSession(
  request: Request,
  bindings: Bindings,
  owner: string,
  input: NewSession,
): Promise<Result<{ session: Session; cookie: string }, "stale" | "user_disabled">> {
  const secret = newSecret();
  const object = sessionsObject(bindings, owner);
  const created = await object.create({
    ...input,
    secretHash: hashSecret(secret),
    risk: input.risk ?? { ...NO_SESSION_RISK, whereabouts: whereaboutsOf(request) },
    maxPerUser: (await networkLimits(bindings.db)).maxSessionsPerUser,
    ip: (request.headers.get("CF-Connecting-IP") ?? "").slice(0, MAX_IP),
    userAgent: (input.userAgent ?? request.headers.get("User-Agent") ?? "").slice(0, MAX_USER_AGENT),
  });
  if (!created.ok) return err(created.reason === "user_disabled" ? "user_disabled" : "stale");
  try {
    await indexSession(bindings.db, created.session, owner);
    await indexEnded(bindings.db, created.ended, "replaced");
  } catch (error) {
    await object.end({ by: "session", id: input.id }, "replaced");
    throw error;
  }
  return ok({ session: created.session, cookie: formatSessionCookie(owner, secret) });
}

/** Where a session begins, or begins anew. */
export const whereaboutsOf = (request: Request) =>
  WHEREABOUTS.apply(null, { seen: seenOf(request), at: Date.now() });

export type NetworkLimits = Pick<
  AliasedRowOf<typeof networks>,
  "signInIdleSeconds" | "signInAbsoluteSeconds" | "maxSessionsPerUser"
>;

export async function networkLimits(db: D1Database): Promise<NetworkLimits> {
  const row = await db
    .prepare(
      `SELECT sign_in_idle_seconds AS signInIdleSeconds, sign_in_absolute_seconds AS signInAbsoluteSeconds,
       max_sessions_per_user AS maxSessionsPerUser FROM networks WHERE id = 1`,
    )
    .first<NetworkLimits>();
  if (!row) throw new Error("the network was not created yet");
  return row;
}
