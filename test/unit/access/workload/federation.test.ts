import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { opensApp } from "../../../../shared/access/workload/access-token.ts";
import { claimRule, fitsPattern } from "../../../../shared/access/workload/claim-rule.ts";
import { type Federation, federationProblems } from "../../../../shared/access/workload/federation.ts";
import { statedClaims, unmetRule } from "../../../../shared/access/workload/stated-claims.ts";
import { subjectTokenFault } from "../../../../shared/access/workload/subject-token.ts";

const GITHUB = "https://token.actions.githubusercontent.com";
const federation = (changed: Partial<Federation>): Federation => ({
  ...{ issuer: "https://ci.example.com", audience: "https://auth.example.com", claims: ["sub=build"] },
  ...{ keys: null, singleUse: true },
  ...changed,
});

describe("a rule about a claim", () => {
  it.each([
    ["acme/shop", "acme/shop", true],
    ["acme/shop", "acme/shop2", false],
    ["acme/*", "acme/shop", true],
    ["repo:acme/*", "repo:acme/shop:ref:refs/heads/main", false],
    ["repo:acme/*", "repo:acme/../evil/shop", false],
    ["repo:acme/shop:**", "repo:acme/shop:ref:refs/heads/main", true],
    ["repo:acme/*:ref:refs/heads/main", "repo:acme/shop:ref:refs/heads/main", true],
    ["repo:acme/*:ref:refs/heads/main", "repo:acme/shop:ref:refs/heads/main:ref:refs/heads/main", false],
    ["refs/tags/v*", "refs/tags/v1.2", true],
    ["a*b*c", "axbybzc", true],
    ["a*b*c", "axbybz", false],
    ["ab**", "ab", true],
  ])("%s against %s: %s", (pattern, value, fits) => {
    expect(fitsPattern(pattern, value)).toBe(fits);
  });
  test("fits as a regular expression of the same meaning does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ":", "."), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (drawn, value) => {
        const rule = claimRule(`x=${drawn}`);
        if (rule === null) return;
        const open = drawn.endsWith("**");
        const body = (open ? drawn.slice(0, -2) : drawn).replaceAll(".", "\\.").replaceAll("*", "[^/:]*");
        expect(fitsPattern(drawn, value)).toBe(new RegExp(`^${body}${open ? ".*" : ""}$`, "s").test(value));
      }),
    );
  });
  it("costs no more than the product of both lengths, whatever it looks like", () => {
    expect(fitsPattern(`${"a*".repeat(200)}b`, "a".repeat(5_000))).toBe(false);
  });
});

describe("what a JWT states", () => {
  it("is one text for each value, without the claims of the protocol", () => {
    const claims = {
      ...{ iss: "i", aud: "a", exp: 1, iat: 1, nbf: 1, jti: "j", sub: "s", protected: true, run: 7 },
      groups: ["b", "a"],
      "kubernetes.io": { namespace: "prod", serviceaccount: { name: "ci", uid: "u" } },
    };
    expect(statedClaims(claims)).toEqual({
      ok: true,
      value: [
        ...["groups=a", "groups=b", "kubernetes.io.namespace=prod", "kubernetes.io.serviceaccount.name=ci"],
        ...["kubernetes.io.serviceaccount.uid=u", "protected=true", "run=7", "sub=s"],
      ],
    });
  });
  it.each([
    ["two claims of one name", { "a.b": "1", a: { b: "2" } }],
    ["a list and a text of one name", { "a.b": ["1"], a: { b: "2" } }],
    ["a name that could end elsewhere", { "a=b": "c" }],
    ["too many", { list: Array.from({ length: 201 }, (_, index) => index) }],
    ["too long", { text: "x".repeat(7_000) }],
    ["nested too deep", JSON.parse(`${'{"a":'.repeat(6_000)}1${"}".repeat(6_000)}`) as object],
    ["a list in itself", JSON.parse(`{"a":${"[".repeat(6_000)}${"]".repeat(6_000)}}`) as object],
  ])("is refused as a whole: %s", (_what, claims) => {
    expect(statedClaims(claims as Record<string, unknown>).ok).toBe(false);
  });
  it("must meet every rule, each by one of its values", () => {
    const rules = ["repository=acme/shop", "ref=refs/heads/*"].map(claimRule).filter((rule) => rule !== null);
    expect(unmetRule(rules, ["ref=refs/heads/main", "repository=acme/shop"])).toBeNull();
    expect(unmetRule(rules, ["ref=refs/tags/1", "repository=acme/shop"])?.name).toBe("ref");
    expect(unmetRule(rules, ["ref=refs/heads/main", "repository_owner=acme/shop"])?.name).toBe("repository");
  });
});

describe("an access token", () => {
  const trusted = federation({ claims: ["ref=refs/heads/main"] });
  const { issuer, audience } = trusted;
  const token = {
    ...{ serviceToken: "svc_1", issuer, audience, claims: ["ref=refs/heads/main"] },
    ...{ apps: ["app_1"], expiresAt: 1_000 },
  };
  const opens = (changed: object, now = 999, app = "app_1") =>
    opensApp({ ...token, ...changed }, trusted, app, now);
  it("opens its apps while its time lasts and the federation of now would take it", () => {
    expect(opens({})).toBe(true);
    expect(opens({}, 1_000)).toBe(false);
    expect(opens({}, 999, "app_2")).toBe(false);
    expect(opens({ issuer: "https://other.example" })).toBe(false);
    expect(opens({ audience: "other" })).toBe(false);
    expect(opens({ claims: ["ref=refs/heads/next"] })).toBe(false);
    expect(opensApp(token, null, "app_1", 999)).toBe(false);
  });
});

describe("a federation is refused", () => {
  it.each([
    ["without a rule", { claims: [] }],
    ["with a rule that begins with a star", { claims: ["sub=*@example.com"] }],
    ["with ** in the middle", { claims: ["sub=a**b"] }],
    ["with no rule at all in a line", { claims: ["sub"] }],
    ["GitHub without an owner", { issuer: GITHUB, claims: ["ref=refs/heads/main"] }],
    ["GitHub with half an owner", { issuer: GITHUB, claims: ["repository=acme*/shop"] }],
    ["GitHub with half an owner's name", { issuer: GITHUB, claims: ["repository_owner=acme*"] }],
    ["GitHub with half an owner as subject", { issuer: `${GITHUB}/`, claims: ["sub=repo:acme**"] }],
    ["GitLab without an owner", { issuer: "https://gitlab.com", claims: ["ref=main"] }],
    ["with a private key", { keys: '{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"y"}]}' }],
    ["with a shared secret", { keys: '{"keys":[{"kty":"oct","k":"x"}]}' }],
    ["with keys that are none", { keys: "{}" }],
    ["with an issuer that is no URL", { issuer: "ci" }],
    ["with an empty audience", { audience: " " }],
  ])("%s", (_what, changed) => {
    expect(federationProblems(federation(changed))).not.toEqual([]);
  });
  it.each([
    ["an exact subject", {}],
    ["GitHub's repository", { issuer: GITHUB, claims: ["repository=acme/*"] }],
    ["GitHub's subject", { issuer: GITHUB, claims: ["sub=repo:acme/shop:ref:refs/heads/*"] }],
    [
      "GitHub's repository by number",
      { issuer: GITHUB, claims: ["repository_id=123", "ref=refs/heads/main"] },
    ],
    [
      "Kubernetes",
      { issuer: "https://kubernetes.default.svc", claims: ["sub=system:serviceaccount:prod:ci"] },
    ],
    ["public keys", { keys: '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"x"}]}' }],
  ])("not: %s", (_what, changed) => {
    expect(federationProblems(federation(changed))).toEqual([]);
  });
});

describe("the times and the audience of a JWT (S-50)", () => {
  const NOW = 1_800_000_000_000;
  const seconds = NOW / 1_000;
  const claims = { aud: "here", iat: seconds - 10, exp: seconds + 300 };
  it.each([
    ["good", {}, null],
    ["a list of one audience", { aud: ["here"] }, null],
    ["a second audience", { aud: ["here", "there"] }, "aud is not the configured audience alone"],
    ["another audience", { aud: "there" }, "aud is not the configured audience alone"],
    ["no audience", { aud: undefined }, "aud is not the configured audience alone"],
    ["no expiry", { exp: undefined }, "exp or iat is missing"],
    ["an expiry in words", { exp: "tomorrow" }, "exp or iat is missing"],
    ["expired within the skew", { exp: seconds - 29.999 }, null],
    ["expired", { exp: seconds - 30 }, "it has expired"],
    ["of the future within the skew", { iat: seconds + 30 }, null],
    ["of the future", { iat: seconds + 30.001 }, "iat is in the future"],
    ["not yet valid", { nbf: seconds + 31 }, "it is not valid yet"],
    ["of a day", { iat: seconds, exp: seconds + 86_400 }, null],
    ["of more than a day", { iat: seconds, exp: seconds + 86_401 }, "it lives for more than a day"],
  ])("%s", (_what, changed, fault) => {
    expect(subjectTokenFault({ ...claims, ...changed }, "here", NOW)).toBe(fault);
  });
});
