import { CALLBACK, SAML_ACS, SAML_METADATA } from "./paths.ts";
import type { ProviderKind } from "./provider-kinds.ts";

/** The settings of a provider that depend on its product. */
export interface PresetSettings {
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailClaim: string;
  readonly emailVerified: "required" | "absentIsTrusted";
  readonly offlineAccess: "no" | "scope" | "consent";
}

/** What is known about a product that people sign in with. */
export interface ProviderPreset {
  readonly id: string;
  readonly title: string;
  /** How people sign in with the product. */
  readonly kind: ProviderKind;
  /** The issuer of the product. The parts that differ between customers are in capital letters. */
  readonly issuer: string;
  /** Other forms that the product's issuers have, as its documentation says. */
  readonly otherIssuers?: readonly string[];
  readonly settings: PresetSettings;
  /**
   * What the administrator does in the product, step by step. `{redirect}`, `{entity}` and `{acs}` stand for
   * addresses of this network.
   */
  readonly steps: readonly string[];
  /** How the product sends groups, and what policies see of the groups. */
  readonly groups: string;
}

const STANDARD: PresetSettings = {
  scopes: "openid email profile",
  groupsClaim: "groups",
  emailClaim: "email",
  emailVerified: "required",
  offlineAccess: "no",
};

const OTHER: ProviderPreset = {
  id: "other",
  title: "Another OpenID provider",
  kind: "oidc",
  issuer: "https://",
  settings: STANDARD,
  steps: [
    "Make a confidential client for the authorization code flow with PKCE, and register {redirect}.",
    "The issuer is what its discovery document (/.well-known/openid-configuration) names, to the letter.",
  ],
  groups: "Name the claim that holds the groups; some providers want a scope for it.",
};

export const PROVIDER_PRESETS: readonly ProviderPreset[] = [
  {
    id: "google",
    title: "Google",
    kind: "oidc",
    issuer: "https://accounts.google.com",
    settings: STANDARD,
    steps: [
      "In the Google Cloud console, make an OAuth client of the type “Web application”.",
      "Enter {redirect} under “Authorised redirect URIs”.",
      "Choose the audience “Internal” to admit the people of your Workspace only, and name your domains below.",
    ],
    groups:
      "Google puts no groups into its tokens: make groups here, and their members with them. Anybody with a Google account can sign in there, so name the domains that you admit.",
  },
  {
    id: "entra",
    title: "Microsoft Entra ID",
    kind: "oidc",
    issuer: "https://login.microsoftonline.com/TENANT/v2.0",
    settings: { ...STANDARD, emailVerified: "absentIsTrusted", offlineAccess: "scope" },
    steps: [
      "Register an application for accounts of this directory only, with the platform “Web” and {redirect}.",
      "Make a client secret, and note when it ends. TENANT is the directory (tenant) id.",
      "Under “Token configuration”, add the optional claim email to the ID token, and a groups claim.",
    ],
    groups:
      "Groups come as object ids, such as 6f1c…: policies name these, or you let it send the names of cloud-only groups. Somebody in more than 200 groups gets none in the token: let it send the groups that are assigned to the application. It never sends email_verified, so you trust every address that its administrators enter.",
  },
  {
    id: "okta",
    title: "Okta",
    kind: "oidc",
    issuer: "https://ORGANISATION.okta.com",
    otherIssuers: [
      "https://ORGANISATION.okta.com/oauth2/SERVER",
      "https://ORGANISATION.okta-emea.com",
      "https://ORGANISATION.oktapreview.com",
    ],
    settings: { ...STANDARD, scopes: "openid email profile groups", offlineAccess: "scope" },
    steps: [
      "Make an app integration: OIDC, web application, with the sign-in redirect URI {redirect}. ORGANISATION is the first part of your Okta address; with a domain of your own, the issuer is that domain.",
      "Under “Sign On”, add a groups claim named groups with a filter, such as “matches regex .*”.",
      "Assign the people or groups that may sign in, and allow the grant “Refresh token” or set refresh tokens to no below.",
    ],
    groups:
      "Groups come by their names, where the filter lets them through. With a custom authorization server the issuer ends in /oauth2/default or in its id, and the server itself needs the groups claim and the scope groups.",
  },
  {
    id: "auth0",
    title: "Auth0",
    kind: "oidc",
    issuer: "https://TENANT.REGION.auth0.com/",
    otherIssuers: ["https://TENANT.auth0.com/"],
    settings: { ...STANDARD, groupsClaim: "https://NAMESPACE/groups", offlineAccess: "scope" },
    steps: [
      "Make a regular web application, and enter {redirect} under “Allowed Callback URLs”.",
      "The issuer is the domain that the application’s settings show, with https:// and a slash at the end: TENANT and REGION are its first parts; older tenants have no REGION.",
      "Write an Action of the trigger “Login” that sets the claim https://NAMESPACE/groups to the person’s roles; NAMESPACE is a name of yours.",
    ],
    groups: "Only what the Action puts there: Auth0 takes no claim named groups without a namespace.",
  },
  {
    id: "keycloak",
    title: "Keycloak",
    kind: "oidc",
    issuer: "https://HOST/realms/REALM",
    otherIssuers: ["https://HOST/auth/realms/REALM"],
    settings: STANDARD,
    steps: [
      "Make an OpenID Connect client with client authentication on and the standard flow, and the valid redirect URI {redirect}. HOST is Keycloak’s address, REALM the realm’s name; before version 17, /auth stands between them.",
      "In its dedicated scope, add a mapper “Group Membership” with the claim name groups, “Full group path” off and “Add to ID token” on.",
    ],
    groups:
      "Groups come by their names through the mapper. Realm roles can serve instead: set the groups claim to realm_access.roles, and let the roles mapper add them to the ID token.",
  },
  {
    id: "authentik",
    title: "authentik",
    kind: "oidc",
    issuer: "https://HOST/application/o/SLUG/",
    settings: STANDARD,
    steps: [
      "Make an application with an OAuth2/OpenID provider: confidential, redirect URI (strict) {redirect}, and a signing key.",
      "The issuer ends with a slash. HOST is authentik’s address, and SLUG is that of the application; where the provider’s issuer mode is “same identifier”, the issuer is https://HOST/ alone.",
      "Releases from 2025.10 on send email_verified: false. Give the provider an e-mail scope mapping that returns true where you vouch for the addresses: an explicit no never counts here.",
    ],
    groups: "The scope profile brings the claim groups with the groups’ names.",
  },
  {
    id: "zitadel",
    title: "ZITADEL",
    kind: "oidc",
    issuer: "https://INSTANCE.zitadel.cloud",
    settings: { ...STANDARD, offlineAccess: "scope" },
    steps: [
      "Make an application of the type “Web” with the code flow and {redirect}. INSTANCE is the first part of your instance’s address; with a domain of your own, the issuer is that domain.",
      "Name the project’s id under trusted audiences: ZITADEL puts it into the ID token beside the client id.",
      "Write an Action (complement token, before userinfo creation) that sets the claim groups to the list of the person’s role keys.",
    ],
    groups:
      "Its own claim of roles is an object and not a list, so that the Action is needed. Allow the grant “Refresh token”, or set refresh tokens to no below.",
  },
  {
    id: "gitlab",
    title: "GitLab",
    kind: "oidc",
    issuer: "https://gitlab.com",
    settings: { ...STANDARD, groupsClaim: "groups_direct" },
    steps: [
      "Make an application (of a group or of the instance), confidential, with the redirect URI {redirect}.",
      "Tick the scopes openid, profile and email. With your own GitLab, the issuer is its address.",
    ],
    groups:
      "groups_direct holds the full paths of the groups that somebody is a direct member of, such as acme/platform; groups holds those that they inherit, too. Anybody can have an account at gitlab.com: let policies ask for a group.",
  },
  {
    id: "github",
    title: "GitHub",
    kind: "github",
    issuer: "https://github.com",
    settings: { ...STANDARD, offlineAccess: "scope" },
    steps: [
      "Register an OAuth app (not a GitHub App), better below the organisation than below a person, with the authorization callback URL {redirect}, and make a client secret.",
      "Approve it in each organisation that restricts OAuth apps.",
      "Name your organisations below: only their members sign in. With none, everybody at GitHub may.",
    ],
    groups:
      "Policies see an organisation as the group acme, and a team by its slug as acme/platform. Only the organisations that you name make groups. GitHub Enterprise: its own origin is the issuer.",
  },
  {
    id: "cognito",
    title: "Amazon Cognito",
    kind: "oidc",
    issuer: "https://cognito-idp.REGION.amazonaws.com/POOL",
    otherIssuers: ["https://issuer-cognito-idp.REGION.amazonaws.com/POOL"],
    settings: { ...STANDARD, groupsClaim: "cognito:groups" },
    steps: [
      "Make an app client with a secret, the authorization code grant, the scopes openid, email and profile, and the callback URL {redirect}.",
      "Give the pool a domain, or nobody can sign in. POOL is the pool’s id, such as eu-west-1_AbCdEfGhI, and REGION the part of it before the underscore. A pool with the updated issuer has issuer-cognito-idp in the place of cognito-idp.",
    ],
    groups: "The ID token holds the pool’s groups by their names, as cognito:groups.",
  },
  {
    id: "saml",
    title: "A SAML provider",
    kind: "saml",
    issuer: "",
    settings: { ...STANDARD, emailVerified: "absentIsTrusted" },
    steps: [
      "Make a SAML 2.0 application with the entity id (audience) {entity} and the assertion consumer service (ACS, reply URL) {acs}.",
      "Let the NameID be persistent or emailAddress. Let it sign the assertion with SHA-256, and encrypt nothing.",
      "Add attributes for e-mail, displayName and groups.",
      "Enter its entity id and the address of its metadata below. Where it speaks OpenID, too, take that: it tells more.",
    ],
    groups: "Name the attribute that holds the groups; each of its values is one.",
  },
  {
    id: "email",
    title: "A code by e-mail, for guests",
    kind: "email",
    issuer: "",
    settings: STANDARD,
    steps: [
      "Set a mail service for the Worker: MAIL_URL and MAIL_FROM in wrangler.toml, and the secret MAIL_TOKEN.",
      "Add guests as people, with the moment at which their access ends, or admit whole domains below.",
    ],
    groups: "It names none: make guests members of a group of yours.",
  },
  OTHER,
];

/** A preset's steps for this network. */
export const stepsOf = ({ steps }: ProviderPreset, authOrigin: string): string[] =>
  steps.map((step) =>
    step
      .replaceAll("{redirect}", authOrigin + CALLBACK)
      .replaceAll("{acs}", authOrigin + SAML_ACS)
      .replaceAll("{entity}", authOrigin + SAML_METADATA),
  );

const PLACEHOLDER = /(?<![A-Za-z])[A-Z]{3,}(?![A-Za-z])/g;

/** The parts of a preset's text that must still be filled in, such as `TENANT`. */
export const placeholdersOf = (text: string): string[] => [...new Set(text.match(PLACEHOLDER) ?? [])];

/** The preset of an existing provider. It is found by the kind, and for OpenID providers also by the issuer. */
export function presetOf({
  kind,
  issuer,
}: {
  readonly kind: ProviderKind;
  readonly issuer: string;
}): ProviderPreset {
  const isOf = (preset: ProviderPreset) => {
    if (preset.kind !== kind) return false;
    if (kind !== "oidc") return true;
    return [preset.issuer, ...(preset.otherIssuers ?? [])].some((pattern) => {
      const text = pattern.replace(/[.?]/g, "\\$&").replace(PLACEHOLDER, "[^/]+");
      return new RegExp(`^${text}$`).test(issuer);
    });
  };
  return PROVIDER_PRESETS.find(isOf) ?? OTHER;
}
