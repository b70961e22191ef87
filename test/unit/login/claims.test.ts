import { describe, expect, test } from "vitest";
import { emailDomain, normalEmail } from "../../../shared/login/email.ts";
import { MAX_GROUPS, readIdentityClaims } from "../../../shared/login/identity-claims.ts";
import { email } from "../../../shared/protocol/fields.ts";

const claims = { sub: "s1", email: "Alice@Example.com", email_verified: true, name: "Alice" };
const read = (change: Record<string, unknown>) =>
  readIdentityClaims({ ...claims, ...change }, "groups", 5_000);

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

describe("identity claims", () => {
  test("are read once verified", () => {
    expect(read({ groups: ["b", "a", "b"], amr: ["pwd", 7], sid: "x" })).toEqual({
      ok: true,
      value: {
        subject: "s1",
        email: "alice@example.com",
        name: "Alice",
        groups: ["b", "a"],
        sid: "x",
        acr: null,
        amr: ["pwd"],
        authTime: 5,
      },
    });
  });

  test.each([
    [{ email_verified: false }, "email_unverified"],
    [{ email_verified: "true" }, "email_unverified"],
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
