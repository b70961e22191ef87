import { PASS_SECONDS, PASS_TYPE, type PassClaims } from "../../shared/connector/pass.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import type { Caller } from "./caller.ts";
import { signedJwt } from "./keys.ts";

/** Signs that the request may go to this upstream in this way. Each try has its own pass, since agents take none twice. */
export type PassFor = (upstream: string, kind: PassClaims["kind"]) => Promise<string>;

/** Signs passes for one request that was allowed. */
export const passOf =
  (
    bindings: Bindings,
    app: SnapshotApp,
    caller: Caller,
    /** The method, the app's origin with path and query, and the decision. */
    request: { readonly method: string; readonly url: string; readonly decisionId: string },
  ): PassFor =>
  (upstream, kind) => {
    const issuedAt = Math.floor(Date.now() / 1_000);
    const claims: PassClaims = {
      iss: bindings.authOrigin,
      aud: app.id,
      iat: issuedAt,
      exp: issuedAt + PASS_SECONDS,
      jti: crypto.randomUUID(),
      rid: request.decisionId,
      htm: request.method,
      htu: request.url,
      upstream,
      kind,
      ...subjectOf(caller),
    };
    return signedJwt(bindings, app.settings.assertionAlgorithm, PASS_TYPE, claims);
  };

function subjectOf(caller: Caller): Pick<PassClaims, "sub" | "typ_sub"> {
  if (caller.kind === "user") return { sub: caller.session.principal.userId, typ_sub: "user" };
  if (caller.kind === "service") return { sub: caller.token.id, typ_sub: "service" };
  return { sub: "anyone", typ_sub: "anonymous" };
}
