import { describe, expect, test } from "vitest";
import { type CheckedSettings, metadataProblems } from "../../../../shared/access/login/provider-check.ts";

const settings: CheckedSettings = {
  hasClientSecret: true,
  scopes: "openid email profile groups",
  groupsClaim: "groups",
  emailClaim: "email",
  emailVerified: "required",
  offlineAccess: "no",
};
const metadata = {
  authorization_endpoint: "https://idp.example/a",
  token_endpoint: "https://idp.example/t",
  jwks_uri: "https://idp.example/k",
};
const key = { kty: "RSA", alg: "RS256", use: "sig", kid: "1" };
const problems = (change: object, own: Partial<CheckedSettings> = {}, keys: object[] | null = [key]) =>
  metadataProblems({ ...settings, ...own }, { ...metadata, ...change }, keys as never).join("\n");

describe("G12: what a provider's own word speaks against", () => {
  test("nothing, where it says no more than it must", () => expect(problems({})).toBe(""));
  test.each<[object, Partial<CheckedSettings>, string]>([
    [{ token_endpoint: undefined }, {}, "no token_endpoint"],
    [{ jwks_uri: undefined }, {}, "no jwks_uri"],
    [{ id_token_signing_alg_values_supported: ["HS256", "ES512"] }, {}, "none of RS256"],
    [{ id_token_signing_alg_values_supported: ["ES256"] }, {}, "none of its keys"],
    [
      { token_endpoint_auth_methods_supported: ["private_key_jwt"] },
      {},
      "takes no client secret, only private_key_jwt",
    ],
    [
      { token_endpoint_auth_methods_supported: ["client_secret_basic"] },
      { hasClientSecret: false },
      "give it a clientSecret",
    ],
    [{ code_challenge_methods_supported: ["plain"] }, {}, "PKCE"],
    [{ response_types_supported: ["id_token"] }, {}, "authorization code flow"],
    [{ scopes_supported: ["openid", "email", "profile"] }, {}, "the scope groups"],
    [
      { scopes_supported: ["openid", "email", "profile", "groups"] },
      { offlineAccess: "scope" },
      "the scope offline_access",
    ],
    [{ grant_types_supported: ["authorization_code"] }, { offlineAccess: "consent" }, "no refresh tokens"],
    [{ claims_supported: ["sub", "email", "email_verified"] }, {}, "the claim groups"],
    [{ claims_supported: ["sub", "email", "groups"] }, {}, "absentIsTrusted"],
    [{ claims_supported: ["sub", "email_verified", "groups"] }, {}, "see emailClaim"],
  ])("%j with %j", (change, own, words) => expect(problems(change, own)).toContain(words));
  test("keys that can't be had, or are for encryption", () => {
    expect(problems({}, {}, null)).toContain("can't be fetched");
    expect(problems({}, {}, [{ ...key, use: "enc" }])).toContain("none of its keys");
  });
  test("what suits is not held against it", () => {
    const full = {
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      code_challenge_methods_supported: ["S256"],
      scopes_supported: ["openid", "email", "profile", "groups"],
      claims_supported: ["sub", "realm_access", "email"],
    };
    expect(problems(full, { groupsClaim: "realm_access.roles", emailVerified: "absentIsTrusted" })).toBe("");
  });
});
