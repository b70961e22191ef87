import { canonicalTarget, reservedSpace, type TargetRules } from "../../http/target.ts";

/**
 * A path that begins with one slash and contains no backslash before the query. No browser understands such a
 * path as another host.
 */
const OWN_PATH = /^\/(?!\/)[^\\?]*(?:\?|$)/;

/**
 * The path and query of the app's own origin to return to after a sign-in. A path that the gateway would
 * forward stays as it was requested. A path that the gateway refuses, or one in our reserved space, becomes
 * `/`. A browser could understand some spellings as another host (`//evil.example`). Such a path is returned
 * in canonical form, which contains no empty segment.
 *
 * @param raw The part of the request's URL after the authority, as received.
 */
export function returnPath(raw: string, rules: TargetRules): string {
  const target = canonicalTarget(raw, rules);
  if (!target.ok || reservedSpace(target.value) !== "no") return "/";
  return OWN_PATH.test(raw) ? raw : target.value.path + target.value.query;
}
