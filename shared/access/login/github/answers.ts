import { err, ok, type Result } from "../../../base/result.ts";
import { isClaims } from "../claim-at.ts";

/**
 * Reads the answers of GitHub's REST API (version 2022-11-28). Each error says which part differs from the
 * documentation.
 */

export interface GithubAccount {
  /** The number of the account. The number stays the same if the login is changed and given to another person. */
  readonly id: number;
  readonly login: string;
  readonly name: string;
}

/** `GET /user`. */
export function readAccount(body: unknown): Result<GithubAccount, string> {
  if (!isClaims(body) || !isNumberOfSomebody(body.id)) return err("the account has no id");
  if (typeof body.login !== "string" || body.login === "") return err("the account has no login");
  if (body.type !== undefined && body.type !== "User") return err("the account is not a person's");
  return ok({ id: body.id, login: body.login, name: typeof body.name === "string" ? body.name : "" });
}

export interface GithubEmail {
  readonly email: string;
  readonly verified: boolean;
}

/**
 * `GET /user/emails`: the primary address, or null if no address is primary. Two primary addresses are
 * refused, because we can't decide which one counts.
 */
export function readPrimaryEmail(items: readonly unknown[]): Result<GithubEmail | null, string> {
  const primary = items.filter((item) => isClaims(item) && item.primary === true);
  if (primary.length > 1) return err("several addresses are primary");
  const [only] = primary;
  if (only === undefined) return ok(null);
  if (!isClaims(only) || typeof only.email !== "string") return err("the primary address is malformed");
  return ok({ email: only.email, verified: only.verified === true });
}

/** `GET /user/memberships/orgs/{org}`: whether this account is a member. An invitation alone is not enough. */
export function readMembership(
  body: unknown,
  organization: string,
  account: GithubAccount,
): Result<boolean, string> {
  if (!isClaims(body) || !isClaims(body.organization) || !isClaims(body.user)) {
    return err("the membership is malformed");
  }
  if (!isSame(body.organization.login, organization)) return err("the membership is of another organization");
  if (body.user.id !== account.id) return err("the membership is of another account");
  return ok(body.state === "active");
}

/**
 * `GET /user/teams`: the teams of these organizations as `org/team`, and the teams above them, because a
 * member of a team is also a member of the teams above it.
 *
 * @param organizations In lower case.
 */
export function readTeams(
  items: readonly unknown[],
  organizations: readonly string[],
): Result<string[], string> {
  const teams = new Set<string>();
  for (const item of items) {
    if (!isClaims(item) || !isClaims(item.organization) || typeof item.organization.login !== "string") {
      return err("a team is malformed");
    }
    const organization = item.organization.login.toLowerCase();
    if (!organizations.includes(organization)) continue;
    for (let team: unknown = item; isClaims(team); team = team.parent) {
      if (typeof team.slug !== "string" || !/^[\w.-]{1,200}$/.test(team.slug))
        return err("a team has no slug");
      teams.add(`${organization}/${team.slug.toLowerCase()}`);
    }
  }
  return ok([...teams]);
}

const isNumberOfSomebody = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) > 0;

const isSame = (login: unknown, organization: string): boolean =>
  typeof login === "string" && login.toLowerCase() === organization;
