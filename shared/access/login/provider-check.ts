import { type JwkLike, SIGNING_ALGORITHMS, selectSigningKey, usableAlgorithms } from "./signing-keys.ts";

/** The settings of a provider that its metadata can contradict. */
export interface CheckedSettings {
  readonly hasClientSecret: boolean;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly emailClaim: string;
  readonly emailVerified: "required" | "absentIsTrusted";
  readonly offlineAccess: "no" | "scope" | "consent";
}

type Metadata = Readonly<Record<string, unknown>>;

/** The methods of client authentication that this project supports (OpenID Connect Core §9). */
const SECRET_METHODS = ["client_secret_basic", "client_secret_post"];

/**
 * What would not work with a provider, as far as its own metadata (OpenID Connect Discovery 1.0 §3) and keys
 * show. Empty if they show no problem. A member that is missing in the metadata is no problem, except if the
 * standard gives it a default value.
 *
 * @param metadata As the provider publishes it.
 * @param keys The provider's key set, or null if it could not be fetched.
 */
export function metadataProblems(
  settings: CheckedSettings,
  metadata: Metadata,
  keys: readonly JwkLike[] | null,
): string[] {
  return Object.values(problemsByTopic(settings, metadata, keys)).flat();
}

/** The same problems, grouped by topic. */
export function problemsByTopic(
  settings: CheckedSettings,
  metadata: Metadata,
  keys: readonly JwkLike[] | null,
) {
  return {
    endpoints: endpointProblems(metadata),
    keys: keyProblems(metadata, keys),
    client: clientProblems(settings, metadata),
    request: requestProblems(settings, metadata),
    claims: claimProblems(settings, metadata),
  };
}

function endpointProblems(metadata: Metadata): string[] {
  return ["authorization_endpoint", "token_endpoint", "jwks_uri"]
    .filter((name) => typeof metadata[name] !== "string")
    .map((name) => `it publishes no ${name}: nobody can sign in`);
}

function keyProblems(metadata: Metadata, keys: readonly JwkLike[] | null): string[] {
  const usable = usableAlgorithms(metadata.id_token_signing_alg_values_supported);
  if (usable.length === 0) {
    return [`it signs ID tokens by none of ${SIGNING_ALGORITHMS.join(", ")}: every sign-in would be refused`];
  }
  if (typeof metadata.jwks_uri !== "string") return [];
  if (keys === null) return ["its keys can't be fetched: every sign-in would fail"];
  const fits = usable.some((alg) =>
    keys.some((key) => selectSigningKey([key], { alg, kid: null }, usable) !== null),
  );
  return fits
    ? []
    : [`none of its keys can verify a signature by ${usable.join(", ")}: every sign-in would be refused`];
}

function clientProblems({ hasClientSecret }: CheckedSettings, metadata: Metadata): string[] {
  const methods = listOf(metadata.token_endpoint_auth_methods_supported) ?? ["client_secret_basic"];
  if (hasClientSecret) {
    return methods.some((method) => SECRET_METHODS.includes(method))
      ? []
      : [`it takes no client secret, only ${methods.join(", ")}: it would refuse our requests for tokens`];
  }
  const isSaid = metadata.token_endpoint_auth_methods_supported !== undefined;
  return isSaid && !methods.includes("none")
    ? ["it takes no client without a secret: give it a clientSecret"]
    : [];
}

function requestProblems({ scopes, offlineAccess }: CheckedSettings, metadata: Metadata): string[] {
  const problems: string[] = [];
  const lacks = (name: string, value: string) => listOf(metadata[name])?.includes(value) === false;
  if (lacks("response_types_supported", "code"))
    problems.push("it does not offer the authorization code flow");
  if (lacks("grant_types_supported", "authorization_code")) {
    problems.push("it does not offer the grant authorization_code");
  }
  if (lacks("code_challenge_methods_supported", "S256")) problems.push("it does not take PKCE with S256");
  const wanted = new Set(scopes.split(" "));
  if (offlineAccess !== "no") wanted.add("offline_access");
  for (const scope of wanted) {
    if (lacks("scopes_supported", scope)) problems.push(`it does not offer the scope ${scope}`);
  }
  if (offlineAccess !== "no" && lacks("grant_types_supported", "refresh_token")) {
    problems.push("it gives no refresh tokens: users can't be checked again");
  }
  return problems;
}

function claimProblems(settings: CheckedSettings, metadata: Metadata): string[] {
  const offered = listOf(metadata.claims_supported);
  if (!offered) return [];
  const { groupsClaim, emailClaim, emailVerified } = settings;
  const problems: string[] = [];
  const isOffered = (name: string) =>
    offered.includes(name) || offered.includes(name.split(".", 1)[0] ?? name);
  if (!isOffered(emailClaim)) {
    problems.push(
      `it does not name the claim ${emailClaim}: without an address nobody can sign in; see emailClaim`,
    );
  }
  if (emailVerified === "required" && !isOffered("email_verified")) {
    problems.push(
      "it does not name the claim email_verified: without it nobody can sign in, unless emailVerified is absentIsTrusted",
    );
  }
  if (!isOffered(groupsClaim)) {
    problems.push(
      `it does not name the claim ${groupsClaim}: policies may see no groups of its users; see groupsClaim`,
    );
  }
  return problems;
}

function listOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}
