import { cookieOf, isCommandLineToken } from "../../shared/access/login/command-line/token.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { HUB_APP_ID } from "../../shared/access/sessions/types.ts";
import { mayCall } from "../../shared/api/endpoint.ts";
import type { Role } from "../../shared/api/fields.ts";
import { isToken } from "../../shared/api/tokens.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { apiTokens, users } from "../../shared/registry/schema.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { commandLineSession } from "../session/command-line-session.ts";
import { currentSession, scopeOf, type Vouched } from "../session/current-session.ts";
import { hubApp } from "../session/hub-app.ts";

/** The caller, after the proof. */
export interface AdminCaller {
  /** The caller's name in the audit log: `user:usr_…` or `token:tok_…`. */
  readonly actor: string;
  readonly kind: "user" | "apiToken";
  /** Null for somebody who is signed in and no administrator. `mayCall` decides what that allows. */
  readonly role: Role | null;
  readonly user: { readonly id: string; readonly email: string; readonly name: string } | null;
  readonly apiToken: { readonly id: string; readonly name: string } | null;
  /** What the person acts through, in words: a command line or an API token. Null for the dashboard. */
  readonly via: string | null;
  /** Whether the browser's cookie proves the caller. Then a page of another site may have made the request. */
  readonly byCookie: boolean;
}

/**
 * Proves the caller. If the request has an `Authorization` header, only the token in it counts, and a bad
 * token never falls back to the cookie. Otherwise the dashboard session counts.
 */
export async function authenticate(request: Request, bindings: Bindings): Promise<AdminCaller> {
  const session = await administratorsSession(request, bindings);
  if (session === null) return byToken(bearerOf(request) ?? "", bindings);
  const { principal, appId, userAgent } = session.session;
  const { userId, email, name, role, status } = principal;
  if (status !== "active") throwRefusal("session_ended", "This account is disabled.");
  const byCookie = appId === HUB_APP_ID;
  return {
    actor: `user:${userId}`,
    kind: "user",
    role,
    user: { id: userId, email, name },
    apiToken: null,
    via: byCookie ? null : userAgent,
    byCookie,
  };
}

/**
 * The live session of a dashboard or of a signed-in command line. Null if the request shows an API token instead.
 */
export async function administratorsSession(request: Request, bindings: Bindings): Promise<Vouched | null> {
  const bearer = bearerOf(request);
  if (bearer !== null && !isCommandLineToken(bearer)) return null;
  const current =
    bearer === null
      ? await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(hubApp(bindings)))
      : await commandLineSession(cookieOf(bearer), bindings);
  if (typeof current === "object") return current;
  if (current === "stale")
    throwRefusal("unavailable", "Sessions can't be checked right now. Try again in a moment.");
  return bearer === null
    ? throwRefusal("unauthenticated", "Sign in, or send an API token: 'Authorization: Bearer rnapi_…'.")
    : throwRefusal("session_ended", "This command line is not signed in any more.");
}

/** The token in the `Authorization` header. Empty if the header holds anything else. Null if there is no header. */
function bearerOf(request: Request): string | null {
  const header = request.headers.get("Authorization");
  return header === null ? null : (/^Bearer ([\x21-\x7e]{1,200})$/i.exec(header)?.[1] ?? "");
}

/**
 * The caller of the only endpoint that needs no role. The bootstrap token of the deployment proves this
 * caller. Hashes are compared, so that neither the time nor the length reveals anything about the secret.
 */
export function authenticateBootstrap(request: Request, bindings: Bindings): AdminCaller {
  const given = /^Bearer (.{1,500})$/i.exec(request.headers.get("Authorization") ?? "")?.[1] ?? "";
  const expected = bindings.bootstrapToken;
  if (expected === null || !constantTimeEqual(hashSecret(given), hashSecret(expected))) {
    throwRefusal("invalid_credentials", "Send the BOOTSTRAP_TOKEN of this deployment as bearer.");
  }
  return {
    actor: "system",
    kind: "apiToken",
    role: "auditor",
    user: null,
    apiToken: null,
    via: null,
    byCookie: false,
  };
}

type User = RowOf<typeof users>;
/** A token, with its user if it has one. */
type TokenRow = Pick<
  RowOf<typeof apiTokens>,
  "id" | "name" | "role" | "expires_at" | "last_used_at" | "user_id"
> & {
  readonly email: User["email"] | null;
  readonly user_name: User["name"] | null;
  readonly user_role: User["role"];
  readonly status: User["status"] | null;
};

async function byToken(token: string, bindings: Bindings): Promise<AdminCaller> {
  if (!isToken("rnapi", token))
    throwRefusal("invalid_credentials", "The API token is not valid. Send 'Authorization: Bearer rnapi_…'.");
  const row = await bindings.db
    .prepare(
      `SELECT t.id, t.name, t.role, t.expires_at, t.last_used_at, t.user_id, u.email, u.name AS user_name,
              u.role AS user_role, u.status
       FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id WHERE t.secret_hash = ?`,
    )
    .bind(hashSecret(token))
    .first<TokenRow>();
  const now = Date.now();
  const role = row && effectiveRole(row);
  if (!row || !role || (row.expires_at !== null && row.expires_at <= now)) {
    return throwRefusal("invalid_credentials", "The API token is not valid.");
  }
  if ((row.last_used_at ?? 0) < now - LAST_USED_STEP_MS) await noteUse(bindings, row.id, now);
  return {
    actor: `token:${row.id}`,
    kind: "apiToken",
    role,
    user:
      row.user_id === null ? null : { id: row.user_id, email: row.email ?? "", name: row.user_name ?? "" },
    apiToken: { id: row.id, name: row.name },
    via: `API token ${row.name}`,
    byCookie: false,
  };
}

/**
 * A token of a user can do only what the user can do now. If the user can do nothing, the token can do
 * nothing.
 */
function effectiveRole(row: TokenRow): Role | null {
  if (row.user_id === null) return row.role;
  if (row.status !== "active" || row.user_role === null) return null;
  return mayCall(row.user_role, row.role) ? row.role : row.user_role;
}

/** "Last used" is stored at most once an hour, so that most reads don't write. */
const LAST_USED_STEP_MS = 3_600_000;

async function noteUse(bindings: Bindings, id: string, now: number): Promise<void> {
  await bindings.db.prepare("UPDATE api_tokens SET last_used_at = ? WHERE id = ?").bind(now, id).run();
}
