/** How people sign in with a provider. */
export const PROVIDER_KINDS = ["oidc", "github", "email", "saml"] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** Settings that only some kinds of providers have. All other settings are common to every provider. */
export type KindSetting =
  | "issuer"
  | "clientId"
  | "clientSecret"
  | "scopes"
  | "groupsClaim"
  | "emailClaim"
  | "emailVerified"
  | "trustedAudiences"
  | "organizations"
  | "metadata"
  | "metadataUrl"
  | "offlineAccess"
  | "recheckMinutes"
  | "recheckGraceHours"
  | "believesMethods"
  | "secondFactorAcr";

interface Kind {
  /** The name of the kind in messages. */
  readonly title: string;
  readonly needs: readonly KindSetting[];
  readonly takes: readonly KindSetting[];
}

const METHODS = ["believesMethods", "secondFactorAcr"] as const;
const RECHECK = ["offlineAccess", "recheckMinutes", "recheckGraceHours"] as const;

export const KINDS: Record<ProviderKind, Kind> = {
  oidc: {
    title: "An OpenID provider",
    needs: ["issuer", "clientId"],
    takes: [
      "clientSecret",
      "scopes",
      "groupsClaim",
      "emailClaim",
      "emailVerified",
      "trustedAudiences",
      ...METHODS,
      ...RECHECK,
    ],
  },
  github: {
    title: "GitHub",
    needs: ["issuer", "clientId", "clientSecret"],
    takes: ["organizations", ...RECHECK],
  },
  saml: {
    title: "A SAML provider",
    needs: ["issuer"],
    takes: ["metadata", "metadataUrl", "groupsClaim", "emailClaim", "emailVerified", ...METHODS],
  },
  email: { title: "Sign-in by e-mail", needs: [], takes: [] },
};

const ALL: ReadonlySet<string> = new Set(
  Object.values(KINDS).flatMap(({ needs, takes }) => [...needs, ...takes]),
);

/** Whether providers of this kind have the setting. */
export const hasSetting = (kind: ProviderKind, name: string): boolean =>
  !ALL.has(name) || [...KINDS[kind].needs, ...KINDS[kind].takes].some((setting) => setting === name);

/** The settings among these names that providers of this kind don't have. */
export const foreignSettings = (kind: ProviderKind, names: readonly string[]): string[] =>
  names.filter((name) => !hasSetting(kind, name));
