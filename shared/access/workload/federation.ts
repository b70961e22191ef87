import { type ClaimRule, claimRule, fixedPart } from "./claim-rule.ts";
import { publicKeys } from "./key-set.ts";
import { missingOwner } from "./shared-issuers.ts";

/**
 * How programs on another platform prove that they are the holder of a service token: by a JWT that the platform signs
 * for them (OpenID Connect Core §2, RFC 7523 §3), instead of by a secret.
 */
export interface Federation {
  /** The platform, exactly as the JWT's `iss` names it. */
  readonly issuer: string;
  /** The only audience that a JWT may have. */
  readonly audience: string;
  /** Rules such as `repository=acme/shop`. A JWT must meet all of them. */
  readonly claims: readonly string[];
  /** The platform's public keys as JSON (RFC 7517 §5). Null if they are found by discovery. */
  readonly keys: string | null;
  /** Whether a JWT is good for one exchange only. */
  readonly singleUse: boolean;
}

/** The rules about claims of a federation. Rules that are malformed are left out: `federationProblems` names them. */
export const rulesOf = ({ claims }: Pick<Federation, "claims">): ClaimRule[] =>
  claims.map(claimRule).filter((rule) => rule !== null);

/** What makes a federation wrong or unsafe, in words for who wrote it. Empty if nothing does. */
export function federationProblems(federation: Federation): string[] {
  const { issuer, audience, claims, keys } = federation;
  const problems: string[] = [];
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (!url || !["https:", "http:"].includes(url.protocol) || /[?#]/.test(issuer) || url.username !== "")
    problems.push("the issuer must be a URL without query, as the token's claim `iss` has it");
  if (audience.trim() === "") problems.push("the audience must not be empty");
  if (claims.length === 0)
    problems.push("at least one claim must be required: else every token of the issuer fits");
  for (const text of claims) {
    const rule = claimRule(text);
    if (rule === null)
      problems.push(`${text} is no rule: write NAME=VALUE, with * or a final ** in the value`);
    else if (fixedPart(rule.pattern) === "") problems.push(`${text} must begin with fixed text, not with *`);
  }
  const owner = missingOwner(issuer, rulesOf(federation));
  if (owner !== null) problems.push(owner);
  if (keys !== null) {
    const read = publicKeys(keys);
    if (!read.ok) problems.push(`the keys are not usable: ${read.error}`);
  }
  return problems;
}
