import { describe, expect, test } from "vitest";
import { corsHeaders, isPreflight, mayOpenWebSocket, preflightHeaders } from "../../../shared/http/origin.ts";

const OWN = "https://app.example";
const ALLOWED = ["https://spa.example"];

describe("S-39 who may open a WebSocket", () => {
  test.each([
    [OWN, true],
    ["https://spa.example", true],
    ["http://app.example", false],
    ["https://evil.example", false],
    ["https://sub.app.example", false],
    ["https://app.example.evil.example", false],
    ["https://app.example:8443", false],
    ["HTTPS://APP.EXAMPLE", false],
    ["null", false],
    ["", false],
    [null, false],
  ])("%s with a cookie: %s", (origin, may) => expect(mayOpenWebSocket(origin, OWN, ALLOWED, true)).toBe(may));

  test("without a cookie the Origin may be absent, but not foreign", () => {
    expect(mayOpenWebSocket(null, OWN, ALLOWED, false)).toBe(true);
    expect(mayOpenWebSocket("https://evil.example", OWN, ALLOWED, false)).toBe(false);
  });
});

describe("S-46 preflights", () => {
  test.each([
    ["OPTIONS", OWN, "PUT", true],
    ["OPTIONS", null, "PUT", false],
    ["OPTIONS", OWN, null, false],
    ["OPTIONS", OWN, "P UT", false],
    ["GET", OWN, "PUT", false],
  ])("%s, origin %s, method %s: %s", (method, origin, asked, is) =>
    expect(isPreflight(method, origin, asked)).toBe(is),
  );

  test("headers are named back only when they are names", () => {
    const asked = (headers: string | null) =>
      new Map(preflightHeaders("https://spa.example", "PUT", headers)).get("access-control-allow-headers");
    expect(asked("x-a, Content-Type")).toBe("x-a, Content-Type");
    expect(asked('x"y')).toBeUndefined();
    expect(asked(null)).toBeUndefined();
  });
});

test("refusals are readable by allowed origins only, never by a wildcard (S-33)", () => {
  expect(new Map(corsHeaders("https://spa.example", OWN, ALLOWED)).get("access-control-allow-origin")).toBe(
    "https://spa.example",
  );
  for (const origin of [null, "https://evil.example", "null", OWN]) {
    expect(corsHeaders(origin, OWN, ALLOWED)).toEqual([]);
  }
});
