import { describe, expect, test } from "vitest";
import { originOf, parseAuthority, requestAuthority } from "../../../shared/http/host.ts";

describe("S-10 one app under every spelling of its host", () => {
  test.each([
    ["ADMIN.Example", "admin.example", null],
    ["admin.example.", "admin.example", null],
    ["admin.example:443", "admin.example", null],
    ["admin.example:8443", "admin.example", 8443],
    ["xn--bcher-kva.example", "xn--bcher-kva.example", null],
    ["192.0.2.1", "192.0.2.1", null],
    ["[2001:DB8::1]", "[2001:db8::1]", null],
  ])("%s", (text, host, port) => {
    expect(parseAuthority(text, "https")).toEqual({ ok: true, value: { host, port } });
  });

  test("the default port is the scheme's", () => {
    expect(parseAuthority("a.example:443", "http")).toMatchObject({ value: { port: 443 } });
    expect(parseAuthority("a.example:80", "http")).toMatchObject({ value: { port: null } });
  });
});

test.each([
  "",
  ".",
  "a..b",
  "a.example..",
  "-a.example",
  "bücher.example",
  // S-A2: folding the case would make `wiki.example` of it.
  "wi\u212ai.example",
  'a"b',
  "a,b",
  "a b",
  "a\r\nb",
  "a\n",
  "u@a.example",
  "a.example:0",
  "a.example:65536",
  "a.example:",
  "a.example:80:80",
  "[::1",
  "[x]",
  `${"a".repeat(64)}.example`,
  `${"a.".repeat(130)}example`,
])("S-13 %j is refused", (text) => {
  expect(parseAuthority(text, "https")).toMatchObject({ ok: false, error: { code: "invalid_host" } });
});

describe("S-12 URL and Host must agree", () => {
  test("spelling does not matter", () => {
    expect(requestAuthority("a.example", "A.example:443", "https").ok).toBe(true);
    expect(requestAuthority("a.example", null, "https").ok).toBe(true);
  });
  test.each(["b.example", "a.example:8443", "a.example, a.example", "a.example\r\nx: y"])("%j", (header) => {
    expect(requestAuthority("a.example", header, "https")).toMatchObject({
      ok: false,
      error: { code: "invalid_host" },
    });
  });
});

test("an origin shows no default port", () => {
  expect(originOf("https", { host: "a.example", port: null })).toBe("https://a.example");
  expect(originOf("http", { host: "a.localhost", port: 8787 })).toBe("http://a.localhost:8787");
});
