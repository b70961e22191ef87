import { err, ok, type Result } from "../result.ts";
import { normalEmail } from "./email.ts";

/** What an identity provider said about a user, after the checks that make it usable. */
export interface IdentityClaims {
  readonly subject: string;
  /** Verified and normal. */
  readonly email: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly sid: string | null;
  readonly acr: string | null;
  readonly amr: readonly string[];
  /** Seconds since the Unix epoch. */
  readonly authTime: number;
}

export type ClaimsRefusal =
  | "subject_invalid"
  | "email_missing"
  | "email_unverified"
  | "groups_invalid"
  | "too_many_groups";

export const MAX_GROUPS = 1_000;
const MAX_TEXT = 255;

/**
 * Reads the claims of a verified ID token, completed by userinfo of the same subject.
 *
 * @param now Milliseconds since the Unix epoch; stands in for `auth_time` where the provider sends none.
 */
export function readIdentityClaims(
  claims: Readonly<Record<string, unknown>>,
  groupsClaim: string,
  now: number,
): Result<IdentityClaims, ClaimsRefusal> {
  const subject = claims.sub;
  if (typeof subject !== "string" || subject === "" || subject.length > MAX_TEXT)
    return err("subject_invalid");
  const email = normalEmail(claims.email);
  if (email === null) return err("email_missing");
  if (claims.email_verified !== true) return err("email_unverified");
  const groups = readGroups(claims[groupsClaim]);
  if (!groups.ok) return groups;
  return ok({
    subject,
    email,
    name: text(claims.name) ?? "",
    groups: groups.value,
    sid: text(claims.sid),
    acr: text(claims.acr),
    amr: Array.isArray(claims.amr) ? claims.amr.filter((m) => text(m) !== null).slice(0, 20) : [],
    authTime: typeof claims.auth_time === "number" ? claims.auth_time : Math.floor(now / 1_000),
  });
}

/** Too many groups are refused, not cut: a policy that forbids by group must see each of them. */
function readGroups(claim: unknown): Result<string[], ClaimsRefusal> {
  if (claim === undefined || claim === null) return ok([]);
  const list: unknown = typeof claim === "string" ? [claim] : claim;
  if (!Array.isArray(list)) return err("groups_invalid");
  if (list.length > MAX_GROUPS) return err("too_many_groups");
  const groups = new Set<string>();
  for (const group of list) {
    if (typeof group !== "string" || group === "" || group.length > MAX_TEXT) return err("groups_invalid");
    groups.add(group);
  }
  return ok([...groups]);
}

function text(claim: unknown): string | null {
  return typeof claim === "string" && claim.length <= MAX_TEXT ? claim : null;
}
