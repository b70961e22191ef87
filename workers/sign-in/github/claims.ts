import type { Claims } from "../../../shared/access/login/claim-at.ts";
import {
  type GithubAccount,
  readAccount,
  readMembership,
  readPrimaryEmail,
  readTeams,
} from "../../../shared/access/login/github/answers.ts";
import { githubPlaces } from "../../../shared/access/login/github/places.ts";
import type { Result } from "../../../shared/base/result.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault, ProviderRefusal } from "../provider-fault.ts";
import type { Provider } from "../providers.ts";
import { type GithubApi, githubApi } from "./api.ts";

/**
 * What GitHub says about the owner of a token, as claims. If organizations are named, the person must be a
 * member of at least one of them. The groups are these organizations and the person's teams in them.
 *
 * @throws `ProviderAway` or `ProviderFault`.
 */
export async function claimsOf(bindings: Bindings, provider: Provider, token: string): Promise<Claims> {
  const api = githubApi(bindings, githubPlaces(provider.issuer).api, token);
  const account = read(readAccount(await api.find("/user")));
  const primary = read(readPrimaryEmail(await api.list("/user/emails")));
  return {
    sub: String(account.id),
    name: account.name || account.login,
    email: primary?.email,
    email_verified: primary?.verified,
    groups: await groupsOf(api, provider.organizations, account),
  };
}

async function groupsOf(
  api: GithubApi,
  organizations: readonly string[],
  account: GithubAccount,
): Promise<string[]> {
  if (organizations.length === 0) return [];
  const own: string[] = [];
  for (const organization of organizations) {
    const membership = await api.find(`/user/memberships/orgs/${organization}`);
    const isMember = membership !== null && read(readMembership(membership, organization, account));
    if (isMember) own.push(organization);
  }
  if (own.length === 0) {
    throw new ProviderRefusal(
      "not_a_member",
      "Your GitHub account belongs to no organization that may sign in here. Accept the invitation at GitHub, or ask an administrator.",
    );
  }
  return [...own, ...read(readTeams(await api.list("/user/teams"), own))];
}

function read<T>(answer: Result<T, string>): T {
  if (!answer.ok) throw new ProviderFault(answer.error);
  return answer.value;
}
