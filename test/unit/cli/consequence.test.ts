import { expect, test } from "vitest";
import { endsSessionsOf, signedOutInWords } from "../../../shared/api/consequence.ts";

test.each([
  ["identityProviders.update", { provider: "p" }, { enabled: false }, { provider: "p" }],
  ["identityProviders.update", { provider: "p" }, { issuer: "https://other.example" }, { provider: "p" }],
  ["identityProviders.update", { provider: "p" }, { name: "x" }, null],
  ["identityProviders.update", { provider: "p" }, { enabled: true }, null],
  ["identityProviders.delete", { provider: "p" }, {}, { provider: "p" }],
  ["apps.update", { app: "a" }, { enabled: false }, { app: "a" }],
  ["apps.update", { app: "a" }, { host: "b.example.com" }, { app: "a" }],
  ["apps.update", { app: "a" }, { title: "b" }, null],
  ["apps.delete", { app: "a" }, {}, { app: "a" }],
  ["users.update", { user: "u" }, { status: "disabled" }, { user: "u" }],
  ["users.update", { user: "u" }, { status: "active" }, null],
  ["users.delete", { user: "u" }, {}, { user: "u" }],
  ["groups.delete", { group: "g" }, {}, null],
] as const)("U13, U16: %s of %j with %j ends the sessions of %j", (id, params, body, of) => {
  expect(endsSessionsOf(id, params, body)).toEqual(of);
});

test("U13: how many people are signed out is said in words", () => {
  expect(signedOutInWords({ people: 3, sessions: 7 })).toBe("3 people are signed out (7 sessions end)");
  expect(signedOutInWords({ people: 1, sessions: 1 })).toBe("1 person is signed out (1 session ends)");
  expect(signedOutInWords({ people: 0, sessions: 0 })).toBe("Nobody is signed out");
});
