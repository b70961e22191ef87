import { canonicalTarget, reservedSpace, type TargetRules } from "../../http/target.ts";

/** Begins with one slash and holds no backslash before the query: no browser takes it for another host. */
const OWN_PATH = /^\/(?!\/)[^\\?]*(?:\?|$)/;

/**
 * The path and query of the app's own origin to return to after a sign-in: as they were asked for where the gateway
 * would forward them, `/` for what it refuses and for our reserved space. A spelling that a browser could take for
 * another host (`//evil.example`) comes back in the canonical one, which holds no empty segment.
 *
 * @param raw What follows the authority in the request's URL, as received.
 */
export function returnPath(raw: string, rules: TargetRules): string {
  const target = canonicalTarget(raw, rules);
  if (!target.ok || reservedSpace(target.value) !== "no") return "/";
  return OWN_PATH.test(raw) ? raw : target.value.path + target.value.query;
}
