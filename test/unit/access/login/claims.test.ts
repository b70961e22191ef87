import { describe, expect, test } from "vitest";
import { sourceOf, withClaim } from "../../../../shared/access/login/claim-sources.ts";
import { completedClaims } from "../../../../shared/access/login/completed-claims.ts";
import { emailDomain, normalEmail } from "../../../../shared/access/login/email.ts";
import {
  authTimeOf,
  type ClaimSettings,
  MAX_GROUPS,
  readIdentityClaims,
} from "../../../../shared/access/login/identity-claims.ts";
import { email } from "../../../../shared/api/fields.ts";

const claims = { sub: "s1", email: "Alice@Example.com", email_verified: true, name: "Alice" };
const settings: ClaimSettings = {
  ...{ groupsClaim: "groups", emailClaim: "email", emailVerified: "required" },
  ...{ believesMethods: true, secondFactorAcr: [] },
};
const read = (change: Record<string, unknown>, own: Partial<ClaimSettings> = {}) =>
  readIdentityClaims({ ...claims, ...change }, { ...settings, ...own }, 5_000);

describe("e-mail", () => {
  test("is compared in lower case", () => {
    expect(normalEmail("A@CORP.com")).toBe("a@corp.com");
    expect(emailDomain("a@corp.com")).toBe("corp.com");
  });

  test.each([
    ["KELVIN SIGN", "mi\u212ae@example.com"],
    ["KELVIN SIGN in the domain", "mike@\u212aorp.com"],
    ["long s", "mi\u017f@example.com"],
    ["dotted I", "m\u0130ke@example.com"],
    ["ANGSTROM SIGN", "\u212bke@example.com"],
    ["full-width letters", "\uff2dike@example.com"],
  ])("S-A2: an address with a look-alike (%s) is not folded into one of ASCII", (_name, text) => {
    expect(normalEmail(text)).toBeNull();
    expect(read({ email: text })).toEqual({ ok: false, error: "email_missing" });
    expect(email.safeParse(text).success).toBe(false);
  });

  test("an administrator's input is put in lower case", () => {
    expect(email.parse(" Mike@Example.com ")).toBe("mike@example.com");
  });

  test.each([
    "a@evil@corp.com",
    "a@corp.com@evil",
    "a@соrp.com",
    "a@corp.com\n",
    "a b@corp.com",
    "@corp.com",
    "a@",
    "a@.com",
    "",
    `${"a".repeat(300)}@corp.com`,
    42,
    null,
    ["a@corp.com"],
  ])("S-25: %j is not an address", (text) => {
    expect(normalEmail(text)).toBeNull();
  });
});

describe("userinfo completes the ID token", () => {
  const idToken = { sub: "s1", email: "alice@corp.com", realm_access: { roles: ["a"] } };

  test("with what it leaves out, and overrules nothing", () => {
    const userinfo = { sub: "s1", email: "alice@corp.com", email_verified: true, name: "Alice" };
    expect(completedClaims(idToken, userinfo)).toEqual({ ...userinfo, ...idToken });
    const nested = { email: "alice@corp.com", realm_access: { roles: ["b"], other: 1 } };
    expect(completedClaims(idToken, nested)).toEqual({
      ...idToken,
      realm_access: { roles: ["a"], other: 1 },
    });
    expect(completedClaims({ sub: "s1" }, userinfo)).toEqual(userinfo);
    expect(completedClaims({ email: "Alice@corp.com" }, userinfo)).toMatchObject({ email_verified: true });
  });

  test("G1: that it verified one address says nothing of another one", () => {
    const userinfo = { email: "mallory@corp.com", email_verified: true };
    expect(completedClaims(idToken, userinfo)).toEqual(idToken);
    expect(read(completedClaims({ ...idToken, email_verified: undefined }, userinfo))).toEqual({
      ok: false,
      error: "email_unverified",
    });
  });
});

describe("identity claims", () => {
  const value = (change: Record<string, unknown>, own: Partial<ClaimSettings> = {}) => {
    const answer = read(change, own);
    return answer.ok ? answer.value : answer.error;
  };

  test("G1: a yes may be a text in any case (AD FS), an address the one of a list (Azure AD B2C)", () => {
    expect(value({ email_verified: "True" })).toMatchObject({ email: "alice@example.com" });
    const emails = { email: undefined, email_verified: undefined, emails: ["A@corp.com"] };
    const own = { emailClaim: "emails", emailVerified: "absentIsTrusted" } as const;
    expect(value(emails, own)).toMatchObject({ email: "a@corp.com" });
    expect(value({ ...emails, emails: ["a@corp.com", "b@corp.com"] }, own)).toBe("email_missing");
    expect(value({ ...emails, emails: [["a@corp.com"]] }, own)).toBe("email_missing");
    expect(value({ ...emails, emails: [] }, own)).toBe("email_missing");
  });

  test("say how and when in the types that providers use, and never that it was in the future", () => {
    expect(value({ amr: "mfa", acr: 2, auth_time: "3" })).toMatchObject({
      amr: ["mfa"],
      acr: "2",
      authTime: 3,
    });
    expect(value({ auth_time: 3_000 })).toMatchObject({ authTime: 5 });
    expect(value({ auth_time: "soon" })).toMatchObject({ authTime: 5 });
    expect(authTimeOf({ auth_time: "soon" })).toBeNull();
  });

  test("are read once verified", () => {
    expect(read({ groups: ["b", "a", "b"], amr: ["pwd", 7], sid: "x" })).toEqual({
      ok: true,
      value: {
        subject: "s1",
        email: "alice@example.com",
        name: "Alice",
        groups: ["b", "a"],
        groupsStated: true,
        sid: "x",
        acr: null,
        amr: ["pwd"],
        authTime: 5,
      },
    });
  });

  test.each([
    [{ email_verified: false }, "email_unverified"],
    [{ email_verified: "false" }, "email_unverified"],
    [{ email_verified: "False" }, "email_unverified"],
    [{ email_verified: 1 }, "email_unverified"],
    [{ email_verified: undefined }, "email_unverified"],
    [{ email: undefined }, "email_missing"],
    [{ sub: "" }, "subject_invalid"],
    [{ sub: "x".repeat(256) }, "subject_invalid"],
    [{ groups: { admin: true } }, "groups_invalid"],
    [{ groups: ["a", 1] }, "groups_invalid"],
    [{ groups: Array.from({ length: MAX_GROUPS + 1 }, (_, i) => `g${i}`) }, "too_many_groups"],
  ])("S-25: %j is refused", (change, error) => {
    expect(read(change)).toEqual({ ok: false, error });
  });
});

describe("G1: whom the operator trusts", () => {
  const trusting = { emailVerified: "absentIsTrusted" } as const;
  const outcome = (change: Record<string, unknown>, own: Partial<ClaimSettings> = {}) => {
    const result = read(change, own);
    return result.ok ? result.value.email : result.error;
  };

  test("an absent email_verified is refused, or trusted where the operator says so", () => {
    for (const absent of [undefined, null]) {
      expect(outcome({ email_verified: absent })).toBe("email_unverified");
      expect(outcome({ email_verified: absent }, trusting)).toBe("alice@example.com");
    }
  });
  test.each([false, "false", 0, "no"])("an explicit no (%j) always refuses", (said) => {
    expect(outcome({ email_verified: said }, trusting)).toBe("email_unverified");
    expect(outcome({ email_verified: said, upn: "a@b.example" }, { ...trusting, emailClaim: "upn" })).toBe(
      "email_unverified",
    );
  });
  test("a yes that is written as text is a yes", () => {
    expect(outcome({ email_verified: "true" })).toBe("alice@example.com");
  });
  test("the claim of the address can be named; what is verified is `email`, not another claim", () => {
    const upn = { ...trusting, emailClaim: "upn" };
    expect(outcome({ email: undefined, email_verified: undefined, upn: "A@Corp.example" }, upn)).toBe(
      "a@corp.example",
    );
    expect(outcome({ upn: "a@corp.example" }, { emailClaim: "upn" })).toBe("email_unverified");
    expect(outcome({ upn: "Alice@example.com" }, { emailClaim: "upn" })).toBe("alice@example.com");
    expect(outcome({}, upn)).toBe("email_missing");
    expect(outcome({ upn: "alice" }, upn)).toBe("email_missing");
  });
});

describe("G2: groups that are not said are not none", () => {
  const groupsOf = (change: Record<string, unknown>, groupsClaim = "groups") => {
    const result = read(change, { groupsClaim });
    return result.ok ? [result.value.groups, result.value.groupsStated] : result.error;
  };

  test("whether the claim was there is told", () => {
    expect(groupsOf({})).toEqual([[], false]);
    expect(groupsOf({ groups: null })).toEqual([[], false]);
    expect(groupsOf({ groups: [] })).toEqual([[], true]);
    expect(groupsOf({ groups: "one" })).toEqual([["one"], true]);
  });
  test.each([
    { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://graph.example/x" } } },
    { _claim_names: { groups: "src1" }, _claim_sources: { src1: { JWT: "not read yet" } } },
    { _claim_names: { groups: "src1" } },
    { _claim_names: { groups: "src1" }, _claim_sources: {}, groups: ["some"] },
    { hasgroups: true },
    { hasgroups: "true" },
  ])("a claim that stands elsewhere is refused until it was fetched: %j", (change) => {
    expect(groupsOf(change)).toBe("too_many_groups");
  });
  test("another claim that stands elsewhere is no matter", () => {
    expect(groupsOf({ _claim_names: { address: "src1" }, groups: ["a"] })).toEqual([["a"], true]);
  });
  test.each([["groups"], JSON.stringify({ groups: "src1" }), true])(
    "G2: what is malformed (%j) may say that they stand elsewhere",
    (names) => {
      expect(groupsOf({ _claim_names: names })).toBe("too_many_groups");
      expect(groupsOf({ _claim_names: names, groups: ["a"] })).toEqual([["a"], true]);
    },
  );
  test("a nested claim is found by its path, and a name with dots by its name", () => {
    expect(groupsOf({ realm_access: { roles: ["a"] } }, "realm_access.roles")).toEqual([["a"], true]);
    expect(groupsOf({ a: { b: { c: ["x"] } } }, "a.b.c")).toEqual([["x"], true]);
    expect(groupsOf({ "https://example.com/groups": ["a"] }, "https://example.com/groups")).toEqual([
      ["a"],
      true,
    ]);
    const client = { resource_access: { "my.app": { roles: ["a"] }, my: { app: { roles: 1 } } } };
    expect(groupsOf(client, "resource_access.my.app.roles")).toEqual([["a"], true]);
    expect(groupsOf({ "a.b": { x: 1 }, a: { b: { c: ["x"] } } }, "a.b.c")).toEqual([["x"], true]);
    expect(groupsOf({ realm_access: {} }, "realm_access.roles")).toEqual([[], false]);
    expect(groupsOf({ realm_access: "x" }, "realm_access.length")).toEqual([[], false]);
    expect(groupsOf({ _claim_names: { realm_access: "s" } }, "realm_access.roles")).toBe("too_many_groups");
    expect(groupsOf({}, "__proto__.x")).toEqual([[], false]);
  });
  test("a value that was fetched takes its place", () => {
    const elsewhere = { ...claims, _claim_names: { groups: "s", x: "s" }, _claim_sources: {} };
    const found = withClaim(elsewhere, "groups", ["a"]);
    expect(sourceOf(found, "groups")).toBeNull();
    expect(readIdentityClaims(found, settings, 0)).toMatchObject({ ok: true, value: { groups: ["a"] } });
  });
});
