import { describe, expect, test } from "vitest";
import {
  type HeaderRule,
  type HeaderVariables,
  ruleProblem,
  withRules,
} from "../../../shared/http/header-rules.ts";

const NOBODY: HeaderVariables = {
  "user.id": null,
  "user.email": null,
  "user.name": null,
  groups: null,
  "request.id": "dec_1",
  "client.ip": "192.0.2.1",
  "app.name": "wiki",
  "app.host": "wiki.example",
};
const ALICE: HeaderVariables = {
  ...NOBODY,
  "user.id": "usr_1",
  "user.email": "alice@example.com",
  "user.name": "Alice",
  groups: ["staff", "on-call"],
};
const set = (name: string, value: string): HeaderRule => ({ action: "set", name, value });

describe("rules for headers", () => {
  test("set replaces under every spelling, add leaves what is there, remove takes away, in their order", () => {
    const rules: HeaderRule[] = [
      set("x-webauth-user", "{user.email}"),
      { action: "add", name: "x-frame", value: "deny" },
      { action: "add", name: "x-kept", value: "ours" },
      { action: "remove", name: "x-gone" },
      set("x-who", "{user.id} of {app.name}: {groups}"),
    ];
    const headers = [
      ["X_WebAuth_User", "ceo"],
      ["x-webauth-user", "ceo"],
      ["x-kept", "theirs"],
      ["x-gone", "1"],
      ["X.Gone", "2"],
    ] as const;
    expect(withRules(headers, rules, ALICE)).toEqual([
      ["x-kept", "theirs"],
      ["x-webauth-user", "alice@example.com"],
      ["x-frame", "deny"],
      ["x-who", "usr_1 of wiki: staff,on-call"],
    ]);
  });

  test("who has no such thing gets no such header, and can't bring one", () => {
    const headers = [["x-webauth-user", "ceo"]] as const;
    expect(withRules(headers, [set("x-webauth-user", "{user.email}")], NOBODY)).toEqual([]);
    expect(withRules(headers, [set("x-webauth-user", "user {user.email}")], NOBODY)).toEqual([]);
  });

  test("S-18: no value ends, parts or breaks out of a header, and none is cut off", () => {
    const written = (value: string, variables: Partial<HeaderVariables>) =>
      new Map(withRules([], [set("x-a", value)], { ...ALICE, ...variables })).get("x-a");
    expect(written("{groups}", { groups: ["a,b", "c"] })).toBe("a%2Cb,c");
    expect(written("{user.name}", { "user.name": "Zoë\r\nX-Admin: 1" })).toBe("Zo%C3%AB%0D%0AX-Admin: 1");
    expect(written('name="{user.name}"; r=1', { "user.name": '"; r=2' })).toBe('name="%22%3B r=2"; r=1');
    expect(written("{user.email}", { "user.email": "100%@example.com" })).toBe("100%25@example.com");
    expect(written("{user.name}", { "user.name": "\ud800" })).toBe("%EF%BF%BD");
    expect(
      written("{groups}", { groups: Array.from({ length: 900 }, (_, i) => `group-${i}`) }),
    ).toBeUndefined();
    // What a variable holds is no template.
    expect(written("{user.name}", { "user.name": "{user.email}" })).toBe("{user.email}");
    expect(written('{"a": 1}', {})).toBe('{"a": 1}');
  });
});

describe("a rule is refused", () => {
  test.each([
    ...[
      "x-rustronaut-jwt-assertion",
      "x-forwarded-for",
      "forwarded",
      "x-real-ip",
      "host",
      "connection",
      "upgrade",
    ],
    ...[
      "te",
      "transfer-encoding",
      "content-length",
      "content-type",
      "authorization",
      "cookie",
      "origin",
      "range",
    ],
    ...["cf-access-jwt-assertion", "x-pomerium-jwt-assertion", "sec-fetch-mode", "sec-websocket-protocol"],
    ...["x-http-method-override", "x-original-url", "x-rewrite-url", "path-info", "x-accel-redirect"],
    ...["destination", "x-amz-copy-source", "if", "if-match", "access-control-request-method"],
    ...["X-Upper", "x_under", "x--two", ""],
  ])("that writes %s in a request", (name) => {
    expect(ruleProblem(set(name, "1"), "request")).not.toBeNull();
    expect(ruleProblem({ action: "add", name, value: "1" }, "request")).not.toBeNull();
  });
  test.each([
    ...[
      "set-cookie",
      "content-length",
      "content-encoding",
      "transfer-encoding",
      "connection",
      "location",
      "vary",
    ],
    ...["access-control-allow-origin", "clear-site-data", "service-worker-allowed", "alt-svc"],
    ...["x-rustronaut-response", "www-authenticate", "etag", "trailer"],
  ])("that writes %s in an answer", (name) => expect(ruleProblem(set(name, "1"), "answer")).not.toBeNull());

  test.each(["a\r\nb", "a\0", "é", " a", "a ", "", "{user.token}", "{secret}", "x".repeat(1_001)])(
    "that writes %j",
    (value) => {
      for (const side of ["request", "answer"] as const) {
        expect(ruleProblem(set("x-a", value), side)).not.toBeNull();
      }
    },
  );
  test("that adds what a client could bring itself", () => {
    const rule: HeaderRule = { action: "add", name: "x-webauth-user", value: "{user.email}" };
    expect(ruleProblem(rule, "request")).toMatch("must be `set`");
    expect(ruleProblem({ ...rule, value: "static" }, "request")).toBeNull();
  });
  test("that removes with a value, or what frames the body", () => {
    expect(ruleProblem({ action: "remove", name: "x-a", value: "1" }, "request")).not.toBeNull();
    expect(ruleProblem({ action: "remove", name: "content-length" }, "answer")).not.toBeNull();
    for (const name of ["server", "x-powered-by", "content-security-policy", "set-cookie"]) {
      expect(ruleProblem({ action: "remove", name }, "answer")).toBeNull();
    }
    for (const name of ["cookie", "authorization", "referer"]) {
      expect(ruleProblem({ action: "remove", name }, "request")).toBeNull();
    }
  });
  test("of those that apps need, none is", () => {
    for (const name of ["x-webauth-user", "remote-user", "x-frame-options", "user-agent"]) {
      expect(ruleProblem(set(name, "{user.email}"), "request")).toBeNull();
    }
    for (const name of [
      "content-security-policy",
      "strict-transport-security",
      "x-frame-options",
      "cache-control",
    ]) {
      expect(ruleProblem(set(name, "x"), "answer")).toBeNull();
    }
  });
});
