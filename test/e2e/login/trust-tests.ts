import { beforeAll, describe, expect, test } from "vitest";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import type { FaultyProvider } from "../../support/faulty-provider.ts";
import { CLIENT, type System } from "../../support/harness.ts";

interface Given {
  readonly system: System;
  /** Configured as `faulty`. */
  readonly provider: FaultyProvider;
  readonly signIn: () => Promise<{
    readonly response: {
      readonly text: string;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    };
  }>;
}

/** What an operator sets of a provider, and the trial of it. @param given The system with the provider, once they run. */
export function trustTests(given: () => Given): void {
  let system: System;
  let provider: FaultyProvider;
  let signIn: Given["signIn"];
  beforeAll(() => {
    ({ system, provider, signIn } = given());
  });

  describe("whom the operator trusts at a provider", () => {
    type Change = Partial<NonNullable<NetworkDocument["identityProviders"]>[number]>;
    const params = { provider: "faulty" };
    async function set(body: Change) {
      const { etag } = await system.admin.call("identityProviders.get", { params });
      return (await system.admin.call("identityProviders.update", { params, body, ifMatch: etag ?? "" }))
        .data;
    }
    const outcome = async () => (await signIn()).response.headers["x-rustronaut-response"];

    test("G1: an absent email_verified is a matter of the operator, an explicit no is not", async () => {
      provider.claims = { email_verified: undefined };
      provider.userinfo = { email_verified: undefined };
      expect(await outcome()).toBe("login_failed");
      await set({ emailVerified: "absentIsTrusted" });
      expect(await outcome()).toBe("launcher");
      provider.claims = { email_verified: false };
      expect(await outcome()).toBe("login_failed");
      await set({ emailVerified: "required" });
    });
    test("G1: the claim that holds the address can be named", async () => {
      provider.claims = {
        email: undefined,
        email_verified: undefined,
        preferred_username: "Carol@example.com",
      };
      provider.userinfo = { email: undefined, email_verified: undefined };
      await set({ emailClaim: "preferred_username", emailVerified: "absentIsTrusted" });
      expect(await outcome()).toBe("launcher");
      await set({ emailClaim: "email", emailVerified: "required" });
    });
    test("G12: so are further audiences", async () => {
      provider.fault = "two_audiences";
      expect(await outcome()).toBe("login_failed");
      await set({ trustedAudiences: ["another"] });
      expect(await outcome()).toBe("launcher");
      await set({ trustedAudiences: [] });
      expect(await outcome()).toBe("login_failed");
    });
    test("G2: groups that stand elsewhere are refused when they can't be had, with the reason", async () => {
      const source = { endpoint: `${provider.issuer}/nothing` };
      provider.claims = { groups: undefined, _claim_names: { groups: "s" }, _claim_sources: { s: source } };
      provider.userinfo = { groups: undefined };
      const { response } = await signIn();
      expect(response.text).toContain("too many groups");
    });
    test("G2: groups that stand elsewhere are fetched from the provider", async () => {
      const jwt = await provider.sign({ iss: provider.issuer, sub: provider.user.sub, groups: ["sales"] });
      provider.claims = {
        groups: undefined,
        _claim_names: { groups: "s" },
        _claim_sources: { s: { JWT: jwt } },
      };
      provider.userinfo = { groups: undefined };
      expect((await signIn()).response.text).toContain(`href="${system.appOrigin}/"`);
    });
    test("G2: a groups claim that no sign-in ever held is told", async () => {
      await set({ groupsClaim: "rollen" });
      await signIn();
      const missing = (await system.admin.call("identityProviders.get", { params })).data;
      expect(missing.groupsSeenAt).toBeNull();
      expect(missing.groupsMissedAt).toBeGreaterThan(0);
      const { data } = await system.admin.call("audit.list", { query: { limit: "20" } });
      expect(JSON.stringify(data.items)).toContain("login.groups_missing");
      provider.claims = { realm_access: { roles: ["sales"] } };
      await set({ groupsClaim: "realm_access.roles" });
      await signIn();
      expect(
        (await system.admin.call("identityProviders.get", { params })).data.groupsSeenAt,
      ).toBeGreaterThan(0);
      await set({ groupsClaim: "groups" });
    });
    test("G12: what would not work is said when a provider is saved", async () => {
      expect(await set({ scopes: "openid email" })).not.toHaveProperty("problems");
      const away = await set({ issuer: `${provider.issuer}/elsewhere` });
      expect(away.problems).toEqual([expect.stringContaining("check the issuer")]);
      expect(await set({ issuer: provider.issuer, scopes: "openid email profile" })).not.toHaveProperty(
        "problems",
      );
    });

    /** What a trial of a provider found, as `step: result`, and in words. */
    async function trial(name: string) {
      const params = { provider: name };
      const { data } = await system.admin.call("identityProviders.test", { params });
      const results = Object.fromEntries(data.checks.map(({ step, result }) => [step, result]));
      return { ...data, results, text: JSON.stringify(data.checks) };
    }
    test("U11: a trial finds that a real provider works, and who of the client and its address does not", async () => {
      const params = { provider: "main" };
      const change = async (body: Change) => {
        const { etag } = await system.admin.call("identityProviders.get", { params });
        await system.admin.call("identityProviders.update", { params, body, ifMatch: etag ?? "" });
      };
      const good = await trial("main");
      expect(good.results).toMatchObject({
        discovery: "good",
        clock: "good",
        keys: "good",
        redirect: "good",
        client: "good",
      });
      expect(good).toMatchObject({ passed: true, redirectUri: `${system.authOrigin}/.rustronaut/callback` });
      await change({ clientSecret: "another" });
      const wrongSecret = await trial("main");
      expect([wrongSecret.passed, wrongSecret.results.redirect, wrongSecret.results.client]).toEqual([
        false,
        "good",
        "bad",
      ]);
      await change({ clientSecret: CLIENT.secret, clientId: "nobody" });
      const wrongId = await trial("main");
      expect([wrongId.results.redirect, wrongId.results.client]).toEqual(["bad", "bad"]);
      expect(wrongId.text).toContain(`Register exactly ${system.authOrigin}/.rustronaut/callback`);
      await change({ clientId: CLIENT.id });
      expect((await trial("main")).passed).toBe(true);
    });
    test("U11: a trial says that a provider is away, and that its issuer is another's", async () => {
      provider.fault = "down";
      expect((await trial("faulty")).text).toContain("can't be reached");
      provider.fault = null;
      await set({ issuer: `${provider.issuer}/elsewhere` });
      expect((await trial("faulty")).text).toContain("check the issuer");
      await set({ issuer: provider.issuer });
      expect((await trial("faulty")).results.discovery).toBe("good");
    });
  });
}
