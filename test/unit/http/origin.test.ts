import { describe, expect, test } from "vitest";
import { mayOpenWebSocket } from "../../../shared/http/origin.ts";

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
