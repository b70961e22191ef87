import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { shownBy } from "../../shared/access/sessions/proofs.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { remembering } from "../../shared/base/bounded-map.ts";
import { assertedGroups, jsonBytes } from "../../shared/http/asserted-groups.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import type { Caller } from "./caller.ts";
import { signedJwt } from "./keys.ts";

const LIFETIME_SECONDS = 60;
/**
 * The most bytes that an assertion may use for claims about the caller. With the claims about the request, the
 * signature and base64, the header then has at most about 6 kB. By default, nginx accepts header lines of 8 kB, and
 * Node.js accepts 16 kB of headers in total.
 */
const MAX_CALLER_BYTES = 2_900;
/** For a URL longer than this, the assertion holds the URL's hash. */
const MAX_URL_LENGTH = 1_024;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export interface AssertedRequest {
  readonly method: string;
  /** The origin and path for which the application is asked. */
  readonly url: string;
  readonly decisionId: string;
  readonly epoch: number;
  /** Groups that the registry or a policy names. They come first when not all groups of the caller fit. */
  readonly namedGroups: ReadonlySet<string>;
  /** The risk of the caller, from 0 to 100. */
  readonly risk: number;
}

/** Headers that tell the application who is calling. An anonymous caller gets none. */
export async function assertionHeaders(
  bindings: Bindings,
  app: SnapshotApp,
  caller: Caller,
  request: AssertedRequest,
  now: number,
): Promise<[string, string][]> {
  if (caller.kind === "anonymous") return [];
  const jwt = await assertion(bindings, app, caller, request, now);
  const headers: [string, string][] = [["x-rustronaut-jwt-assertion", jwt]];
  if (app.settings.compatibility === "pomerium") headers.push(["x-pomerium-jwt-assertion", jwt]);
  if (app.settings.compatibility === "cloudflare") {
    headers.push(["cf-access-jwt-assertion", jwt]);
    const email = caller.kind === "user" ? caller.session.principal.email : "";
    // The header can't hold other characters without a change of the address. Then only the assertion carries the
    // address (S-18).
    if (VISIBLE_ASCII.test(email)) headers.push(["cf-access-authenticated-user-email", email]);
  }
  return headers;
}

async function assertion(
  bindings: Bindings,
  app: SnapshotApp,
  caller: Exclude<Caller, { kind: "anonymous" }>,
  request: AssertedRequest,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1_000);
  const claims = {
    iss: bindings.authOrigin,
    aud: app.id,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    jti: request.decisionId,
    htm: request.method,
    ...(request.url.length <= MAX_URL_LENGTH
      ? { htu: request.url }
      : { htu_sha256: hashSecret(request.url) }),
    rid: request.decisionId,
    dec: request.decisionId,
    pol: request.epoch,
    ...claimsOf(caller, request.namedGroups),
    ...(caller.kind === "user" ? { risk: request.risk } : {}),
  };
  return signedJwt(bindings, app.settings.assertionAlgorithm, "rustronaut-assertion+jwt", claims);
}

/** The name that applications see for a session: the hash of the session's id. */
const sidOf = remembering(2_000, hashSecret);

function claimsOf(
  caller: Exclude<Caller, { kind: "anonymous" }>,
  named: ReadonlySet<string>,
): Record<string, unknown> {
  if (caller.kind === "service") {
    const { id, name, groups } = caller.token;
    return withGroups({ sub: id, typ_sub: "service", name }, groups, named);
  }
  const known = sessionClaims.get(caller.session);
  if (known?.named === named) return known.claims;
  const { id, principal } = caller.session;
  const { acr, amr, authTime } = shownBy(caller.session.authentication);
  const claims = withGroups(
    {
      sub: principal.userId,
      typ_sub: "user",
      sid: sidOf(id),
      email: principal.email,
      email_verified: principal.emailVerified,
      name: principal.name,
      amr,
      ...(acr === null ? {} : { acr }),
      auth_time: authTime,
    },
    principal.groups,
    named,
  );
  sessionClaims.set(caller.session, { named, claims });
  return claims;
}

/** Adds as many groups to the claims as fit. `groups_omitted` says how many groups did not fit. */
function withGroups(
  claims: Record<string, unknown>,
  all: readonly string[],
  named: ReadonlySet<string>,
): Record<string, unknown> {
  const { groups, omitted } = assertedGroups(all, named, MAX_CALLER_BYTES - jsonBytes(claims));
  return { ...claims, groups, ...(omitted > 0 ? { groups_omitted: omitted } : {}) };
}

/**
 * Claims of leased sessions. Each request with the same lease gets the same session object, so that object is the key.
 */
const sessionClaims = new WeakMap<
  Session,
  { readonly named: ReadonlySet<string>; readonly claims: Record<string, unknown> }
>();
