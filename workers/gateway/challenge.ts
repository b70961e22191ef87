import { bearerChallenge } from "../../shared/access/oauth/challenge.ts";
import { ACCESS } from "../../shared/access/oauth/scope.ts";
import { ERRORS, type Refusal } from "../../shared/base/errors/catalogue.ts";
import { splitUrl } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";

/**
 * The `WWW-Authenticate` header of a refusal, or null. For an app that takes OAuth clients, it says where a token is to
 * be had.
 *
 * @param scope What a client must ask its person for. `access` unless a policy wants more.
 */
export function challengeOf(
  request: Request,
  { code }: Refusal,
  app: SnapshotApp | undefined,
  scope = ACCESS,
): string | null {
  const isUnproven = ERRORS[code].status === 401;
  if (!isUnproven && code !== "insufficient_scope") return null;
  if (!app || app.settings.oauthClients === "none") return 'Rustronaut realm="app"';
  const path = splitUrl(request.url)?.target.split("?", 1)[0] ?? "";
  const fault = !isUnproven ? "insufficient_scope" : code === "unauthenticated" ? null : "invalid_token";
  return bearerChallenge(new URL(request.url).origin, path === "/" ? "" : path, scope, fault);
}
