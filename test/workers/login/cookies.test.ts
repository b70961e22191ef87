import { describe, expect, test } from "vitest";
import { clearCookie, cookieNames, cookieValues, setCookie } from "../../../workers/cookies.ts";

const request = (cookie: string) => new Request("https://app.example/", { headers: { Cookie: cookie } });

describe("cookies", () => {
  test("gives each value of a name, and only of that very name", () => {
    const several = request(
      "__Host-rn_s=a; x=1; __Host-rn_s=b; __Host-rn_s=a; __Host-rn_sx=c; __host-rn_s=d",
    );
    expect(cookieValues(several, "__Host-rn_s")).toEqual(["a", "b"]);
    expect(cookieNames(request("a=1; b"))).toEqual(["a", ""]);
  });

  test("S-24: bounds what is looked at", () => {
    const many = Array.from({ length: 200 }, (_, i) => `__Host-rn_s=${i}`).join("; ");
    expect(cookieValues(request(many), "__Host-rn_s").length).toBeLessThanOrEqual(4);
    expect(cookieValues(request(`__Host-rn_s=${"x".repeat(20_000)}`), "__Host-rn_s")).toEqual([]);
  });

  test("sets host-only, secure cookies", () => {
    expect(setCookie("__Host-rn_s", "a.b-c", 60)).toBe(
      "__Host-rn_s=a.b-c; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60",
    );
    expect(clearCookie("__Host-rn_g")).toContain("Max-Age=0");
  });

  test.each([
    ["__Host-rn_s", "a; Domain=evil.example"],
    ["__Host-rn_s", "a\r\nX: y"],
    ["__Host-rn_s; Domain=x", "a"],
    ["other", "a"],
  ])("S-33: refuses %j with %j", (name, value) => {
    expect(() => setCookie(name, value)).toThrow();
  });
});
