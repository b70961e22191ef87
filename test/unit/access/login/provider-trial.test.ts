import { describe, expect, it } from "vitest";
import {
  judgeTrial,
  type Seen,
  type TrialAnswer,
  type TrialStep,
  type TriedProvider,
  trialPassed,
} from "../../../../shared/access/login/provider-trial.ts";

const BACK = "https://auth.example.com/.rustronaut/callback";
const NOW = 1_800_000_000_000;

const PROVIDER: TriedProvider = {
  issuer: "https://idp.example.com",
  clientId: "rustronaut",
  hasClientSecret: true,
  scopes: "openid email profile",
  groupsClaim: "groups",
  emailClaim: "email",
  emailVerified: "required",
  offlineAccess: "no",
  groupsSeenAt: null,
  groupsMissedAt: null,
};
const ANSWER: TrialAnswer = { status: 400, location: null, error: null, madeAt: NOW };
const SEEN: Seen = {
  metadata: {
    authorization_endpoint: "https://idp.example.com/authorize",
    token_endpoint: "https://idp.example.com/token",
    jwks_uri: "https://idp.example.com/jwks",
    id_token_signing_alg_values_supported: ["RS256"],
  },
  keys: [{ kty: "RSA", n: "x".repeat(400), e: "AQAB", kid: "k", alg: "RS256", use: "sig" } as never],
  authorization: { ...ANSWER, status: 303, location: `${BACK}?error=login_required&state=x` },
  token: { ...ANSWER, error: "invalid_grant" },
  now: NOW,
};

function judged(step: TrialStep, seen: Partial<Seen>, provider: Partial<TriedProvider> = {}) {
  const checks = judgeTrial({ ...PROVIDER, ...provider }, BACK, { ...SEEN, ...seen });
  const found = checks.find((check) => check.step === step);
  return { result: found?.result, text: found?.findings.join(" ") ?? "", passed: trialPassed(checks) };
}

describe("U11: a trial of a provider says in words what would not work", () => {
  it("finds nothing wrong with one that answers as it should", () => {
    const checks = judgeTrial(PROVIDER, BACK, SEEN);
    expect(checks.map(({ step, result }) => `${step} ${result}`)).toEqual([
      "discovery good",
      "clock good",
      "keys good",
      "redirect good",
      "client good",
      "request good",
      "claims unknown",
    ]);
  });

  it.each<[string, Partial<TrialAnswer>, string]>([
    ["refuses with a page", { status: 400, location: null }, "bad"],
    ["refuses what is asked", { status: 303, location: `${BACK}?error=invalid_scope` }, "bad"],
    ["shows an error page", { status: 302, location: "https://idp.example.com/oauth/error?a=b" }, "bad"],
    ["shows a page", { status: 302, location: "https://idp.example.com/login" }, "unknown"],
    ["shows a page at once", { status: 200, location: null }, "unknown"],
    ["wants consent first", { status: 302, location: `${BACK}?error=consent_required` }, "good"],
    [
      "names our address in its own",
      { status: 302, location: `https://evil.example/?to=${BACK}` },
      "unknown",
    ],
    ["sends to another path of ours", { status: 302, location: "https://auth.example.com/" }, "unknown"],
  ])("redirect address: where the provider %s", (_, answer, result) => {
    const found = judged("redirect", { authorization: { ...ANSWER, ...answer } });
    expect(found.result).toBe(result);
    if (result !== "good" && !answer.location?.includes("invalid_scope")) expect(found.text).toContain(BACK);
  });

  it.each<[Partial<TrialAnswer> | null, string]>([
    [{ error: "invalid_grant" }, "good"],
    [{ error: "invalid_client", status: 401 }, "bad"],
    [{ error: null, status: 401 }, "bad"],
    [{ error: "unauthorized_client" }, "bad"],
    [{ error: "temporarily_unavailable" }, "unknown"],
    [null, "bad"],
  ])("client: a token endpoint that answers %j is %s", (answer, result) => {
    expect(judged("client", { token: answer && { ...ANSWER, ...answer } }).result).toBe(result);
  });

  it.each([
    [0, "good"],
    [4_000, "good"],
    [30_000, "warn"],
    [61_000, "bad"],
    [-300_000, "warn"],
    [-601_000, "bad"],
  ])("clock: %i ms off is %s", (ahead, result) => {
    const found = judged("clock", { token: { ...ANSWER, error: "invalid_grant", madeAt: NOW + ahead } });
    expect(found.result).toBe(result);
    expect(found.passed).toBe(result !== "bad");
  });

  it("claims: what sign-ins held counts for more than what is advertised", () => {
    const metadata = { ...SEEN.metadata, claims_supported: ["sub", "email", "email_verified"] };
    expect(judged("claims", { metadata })).toMatchObject({ result: "warn" });
    expect(judged("claims", { metadata }, { groupsSeenAt: 5 }).result).toBe("good");
    const missed = judged("claims", {}, { groupsMissedAt: 5 });
    expect([missed.result, missed.text]).toEqual(["warn", expect.stringContaining("claim groups")]);
  });
});
