import { cookieOf, isAppToken } from "../../shared/access/login/command-line/token.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { type Said, soleProof } from "../../shared/access/login/sole-proof.ts";
import { takesClient } from "../../shared/access/oauth/settings.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { freshSnapshot, newestSnapshot } from "../registry/snapshot.ts";
import { cookieValues } from "../session/cookies.ts";
import { scopeOf, type Vouched, vouchedFor } from "../session/current-session.ts";
import { isClientToken, openClientToken } from "./client-token.ts";
import { lease, leased, mayLease } from "./lease.ts";
import { identifyService, type Proof, presentedCredential, proofOf } from "./service-caller.ts";

/** The sender of a request, and the epoch at which the caller was vouched for. */
export type Caller =
  /** `byBearer`: a program shows the session, no browser. So no page of another site can have sent the request. */
  | ({ readonly kind: "user"; readonly byBearer?: true } & Vouched)
  | {
      readonly kind: "service";
      readonly token: SnapshotServiceToken;
      readonly proof: Proof;
      readonly epoch: number;
    }
  | { readonly kind: "anonymous"; readonly epoch: number };

/** A refused credential of a program. `token` is the service token that it opened before, or null when there is none. */
export interface RefusedCredential {
  readonly kind: "bad_credentials";
  readonly detail: string;
  readonly token: SnapshotServiceToken | null;
  readonly epoch: number;
}

export type Identified =
  | Caller
  /** Nobody: they may sign in. `ended` when their session is known to be over. */
  | { readonly kind: "nobody"; readonly ended: boolean }
  | RefusedCredential
  | { readonly kind: "unavailable" };

/**
 * Identifies the caller. Credentials of programs come first, and never fall back to the cookie. Then comes the session.
 * Last come callers without a credential, if the app allows them.
 */
export async function identify(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Identified> {
  const credential = presentedCredential(request, app);
  if (credential !== null && isAppToken(credential))
    return identifyCommandLine(request, credential, app, bindings);
  if (credential !== null && isClientToken(credential))
    return identifyClient(request, credential, app, bindings);
  if (credential !== null) {
    const proof = await proofOf(credential, bindings);
    const known = identifyService(proof, app, await freshSnapshot(bindings));
    // A well-formed token that is unknown may have been made a moment ago.
    if (known.kind !== "bad_credentials" || proof === null) return known;
    return identifyService(proof, app, await newestSnapshot(bindings));
  }
  const user = await identifyUser(request, app, bindings);
  if (user.kind !== "nobody" || !app.settings.anonymous) return user;
  return { kind: "anonymous", epoch: (await freshSnapshot(bindings)).epoch };
}

const EXPIRED =
  "The access token is not valid for this app, or its time is over. Get another one with the refresh token, or ask the person again.";

/** The session that an OAuth client holds. Its token is good for the one app that its person agreed to, for a short time. */
async function identifyClient(
  request: Request,
  text: string,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Identified> {
  const token = await openClientToken(bindings, text);
  const isGood = token !== null && token.appId === app.id && Date.now() < token.expiresAt;
  const scope = { segmentId: app.segmentId, appId: app.id };
  const vouched = isGood ? await vouchedFor(request, token.cookie, bindings, scope) : "unknown";
  if (vouched === "stale") return { kind: "unavailable" };
  if (vouched === "ended") return { kind: "nobody", ended: true };
  if (typeof vouched === "object" && isHeldByTaken(vouched.session, app))
    return { kind: "user", byBearer: true, ...vouched };
  return {
    kind: "bad_credentials",
    detail: EXPIRED,
    token: null,
    epoch: (await freshSnapshot(bindings)).epoch,
  };
}

/** Whether the app takes the OAuth client that holds a session. A session that no client holds is not concerned. */
export const isHeldByTaken = ({ client }: Session, { settings }: SnapshotApp): boolean =>
  client === undefined || takesClient(settings, client.isRegistered);

/** The session that a command line shows. It is good for the one app that it was opened for. */
async function identifyCommandLine(
  request: Request,
  token: string,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Identified> {
  const scope = { segmentId: app.segmentId, appId: app.id };
  const vouched = await vouchedFor(request, cookieOf(token), bindings, scope);
  if (typeof vouched === "object") return { kind: "user", byBearer: true, ...vouched };
  if (vouched === "stale") return { kind: "unavailable" };
  if (vouched === "ended") return { kind: "nobody", ended: true };
  const { epoch } = await freshSnapshot(bindings);
  const detail =
    "The token is not valid for this app. `rustronaut tcp` and `rustronaut ssh-proxy` get one for each app.";
  return { kind: "bad_credentials", detail, token: null, epoch };
}

async function identifyUser(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Identified> {
  const said: Said<Vouched>[] = [];
  const isAsset = mayLease(request, app);
  for (const cookie of cookieValues(request, APP_SESSION_COOKIE)) {
    const known = isAsset ? leased(request, app, cookie) : null;
    said.push(known ?? (await leasing(request, cookie, app, bindings)));
  }
  const proof = soleProof(said);
  if (proof === "stale") return { kind: "unavailable" };
  return typeof proof === "object"
    ? { kind: "user", ...proof }
    : { kind: "nobody", ended: proof === "ended" };
}

/** What the session's object says of a cookie now. The answer may be reused for a moment. */
async function leasing(
  request: Request,
  cookie: string,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Said<Vouched>> {
  const askedAt = Date.now();
  const vouched = await vouchedFor(request, cookie, bindings, scopeOf(app));
  if (typeof vouched === "object") lease(request, app, cookie, vouched, askedAt);
  return vouched;
}
