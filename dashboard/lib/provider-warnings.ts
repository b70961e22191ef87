import type { Answer } from "../../shared/api/endpoints.ts";

type Provider = Answer<"identityProviders.list">["items"][number];

/** What an administrator should know about the sign-ins of enabled providers, in words. */
export const providerWarnings = (providers: readonly Provider[]): string[] =>
  providers
    .filter(
      (provider) => provider.enabled && provider.groupsMissedAt !== null && provider.groupsSeenAt === null,
    )
    .map(
      ({ name, groupsClaim }) =>
        `No sign-in with ${name} has ever held the claim ${groupsClaim}: policies see no groups of its users. Check the provider's groupsClaim and scopes.`,
    );
