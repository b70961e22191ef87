import { describe, expect, test } from "vitest";
import {
  clearCookie,
  cookieNames,
  cookieValues,
  hasTooManyCookies,
  setCookie,
} from "../../../workers/session/cookies.ts";

const request = (cookie: string) => new Request("https://app.example/", { headers: { Cookie: cookie } });

describe("cookies", () => {
  test("gives each value of a name, and only of that very name", () => {
    const several = request(
      "__Host-rn_s=a; x=1; __Host-rn_s=b; __Host-rn_s=a; __Host-rn_sx=c; __host-rn_s=d",
    );
    expect(cookieValues(several, "__Host-rn_s")).toEqual(["a", "b"]);
    expect(cookieNames(request("a=1; __Host-rn_l_a=x; b; __Host-rn_s=y; __Host-rn_="))).toEqual([
      "__Host-rn_l_a",
      "__Host-rn_s",
    ]);
  });

  test.each([
    ["before", (junk: string) => `${junk}; __Host-rn_s=mine`],
    ["behind", (junk: string) => `__Host-rn_s=mine; ${junk}`],
    ["around", (junk: string) => `${junk}; __Host-rn_s=mine;${junk}`],
  ])("G11, S-A10: finds ours with 100 kB of others %s", (_where, header) => {
    const junk = Array.from({ length: 25 }, (_, i) => `c${i}=${"x".repeat(4_000)}`).join("; ");
    expect(cookieValues(request(header(junk)), "__Host-rn_s")).toEqual(["mine"]);
    expect(cookieValues(request(`${junk.replaceAll("=", "; =")}; __Host-rn_s=mine`), "__Host-rn_s")).toEqual([
      "mine",
    ]);
  });

  test("G11: values that can't be ours neither hide one nor count", () => {
    const junk = Array.from({ length: 50 }, (_, i) => `__Host-rn_s=${i} junk`).join("; ");
    const long = `__Host-rn_s=${"x".repeat(20_000)}`;
    const both = request(`${junk}; ${long}; __Host-rn_s=mine`);
    expect(cookieValues(both, "__Host-rn_s")).toEqual(["mine"]);
    expect(hasTooManyCookies(both)).toBe(false);
  });

  test("S-24, G11: more than four of one name are told, not cut", () => {
    const many = (count: number) =>
      request(Array.from({ length: count }, (_, i) => `__Host-rn_s=${i}; __Host-rn_s=0`).join("; "));
    expect(cookieValues(many(200), "__Host-rn_s")).toHaveLength(4);
    expect([4, 5, 200].map((count) => hasTooManyCookies(many(count)))).toEqual([false, true, true]);
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
