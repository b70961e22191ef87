import { err, ok, type Result } from "../../base/result.ts";
import { type Claims, claimAt } from "./claim-at.ts";
import { sourceOf } from "./claim-sources.ts";
import { normalEmail } from "./email.ts";

/** What an identity provider said about a user, after all checks. */
export interface IdentityClaims {
  readonly subject: string;
  /** In normal form. Either the provider verified the address, or the operator trusts it. */
  readonly email: string;
  readonly name: string;
  readonly groups: readonly string[];
  /**
   * Whether the provider said anything about groups. Without the claim the groups are unknown; that is
   * different from "no groups".
   */
  readonly groupsStated: boolean;
  readonly sid: string | null;
  readonly acr: string | null;
  readonly amr: readonly string[];
  /** Seconds since the Unix epoch. */
  readonly authTime: number;
}

/** Which claim of a provider contains which fact, and which addresses the operator trusts. */
export interface ClaimSettings {
  readonly groupsClaim: string;
  readonly emailClaim: string;
  readonly emailVerified: "required" | "absentIsTrusted";
  /** Whether what the provider says of how the person signed in is believed. */
  readonly believesMethods: boolean;
  /** The authentication contexts that mean a second factor. */
  readonly secondFactorAcr: readonly string[];
}

export type ClaimsRefusal =
  | "subject_invalid"
  | "email_missing"
  | "email_unverified"
  | "groups_invalid"
  | "too_many_groups";

export const MAX_GROUPS = 1_000;
const MAX_TEXT = 255;
const MAX_METHODS = 10;
const MAX_METHOD = 64;

/**
 * Reads the claims of a verified ID token, completed by userinfo of the same subject.
 *
 * @param now Milliseconds since the Unix epoch. Used instead of `auth_time` if the provider sends none.
 */
export function readIdentityClaims(
  claims: Claims,
  settings: ClaimSettings,
  now: number,
): Result<IdentityClaims, ClaimsRefusal> {
  const seconds = Math.floor(now / 1_000);
  const subject = claims.sub;
  if (typeof subject !== "string" || subject === "" || subject.length > MAX_TEXT)
    return err("subject_invalid");
  const email = normalEmail(onlyOne(claimAt(claims, settings.emailClaim)));
  if (email === null) return err("email_missing");
  if (!isTrusted(claims, email, settings.emailVerified)) return err("email_unverified");
  if (sourceOf(claims, settings.groupsClaim) !== null) return err("too_many_groups");
  const stated = claimAt(claims, settings.groupsClaim);
  const groups = readGroups(stated);
  if (!groups.ok) return groups;
  return ok({
    subject,
    email,
    name: text(claims.name) ?? "",
    groups: groups.value,
    groupsStated: stated !== undefined && stated !== null,
    sid: text(claims.sid),
    ...howSignedIn(claims, settings),
    // A time in the future would make the sign-in count as new until that time has come.
    authTime: Math.min(authTimeOf(claims) ?? seconds, seconds),
  });
}

/** How the person signed in, as far as the operator takes the provider's word for it. */
function howSignedIn(
  claims: Claims,
  { believesMethods, secondFactorAcr }: Pick<ClaimSettings, "believesMethods" | "secondFactorAcr">,
): Pick<IdentityClaims, "acr" | "amr"> {
  if (!believesMethods) return { acr: null, amr: [] };
  const acr = text(typeof claims.acr === "number" ? String(claims.acr) : claims.acr);
  const amr = listOf(claims.amr).filter(isMethod).slice(0, MAX_METHODS);
  const isSecond = acr !== null && secondFactorAcr.includes(acr) && !amr.includes("mfa");
  return { acr, amr: isSecond ? [...amr, "mfa"] : amr };
}

/**
 * Whether the address counts. `email_verified` is optional (OpenID Connect Core §5.1) and describes only
 * `email`. Some providers write it as text. If the provider says that the address is not verified, the
 * address never counts, even if the operator trusts the provider.
 */
function isTrusted(claims: Claims, email: string, rule: ClaimSettings["emailVerified"]): boolean {
  const said = claims.email_verified;
  const isYes = said === true || (typeof said === "string" && /^true$/i.test(said));
  if (said !== undefined && said !== null && !isYes) return false;
  return (isYes && normalEmail(claims.email) === email) || rule === "absentIsTrusted";
}

/**
 * Some providers send a list with the only address (`emails` of Azure AD B2C). With several addresses, we
 * can't decide which one counts.
 */
const onlyOne = (claim: unknown): unknown => (Array.isArray(claim) && claim.length === 1 ? claim[0] : claim);

const listOf = (claim: unknown): readonly unknown[] =>
  Array.isArray(claim) ? claim : typeof claim === "string" ? [claim] : [];

/**
 * When the person signed in, in seconds since the Unix epoch. Some providers write the time as text. Null if
 * the provider doesn't say it.
 */
export function authTimeOf({ auth_time: claim }: Claims): number | null {
  const seconds = typeof claim === "string" && /^\d{1,15}$/.test(claim) ? Number(claim) : claim;
  return typeof seconds === "number" ? seconds : null;
}

/**
 * Too many groups are refused. The list is not shortened, because a policy that forbids by group must see
 * every group.
 */
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

/** Registered methods are short words (RFC 8176). */
const isMethod = (method: unknown): method is string =>
  typeof method === "string" && method.length <= MAX_METHOD;
