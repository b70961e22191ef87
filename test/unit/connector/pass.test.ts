import { describe, expect, it } from "vitest";
import { checkPass, type Passage, type PassClaims, UsedPasses } from "../../../shared/connector/pass.ts";

const NOW = 1_800_000_000;
const PASSAGE: Passage = {
  issuer: "https://auth.example.com",
  app: "app_1",
  kind: "http",
  method: "GET",
  target: "/a?b=1",
  upstream: "http://10.0.0.1:80",
};
const PASS: PassClaims = {
  iss: PASSAGE.issuer,
  aud: "app_1",
  iat: NOW,
  exp: NOW + 30,
  jti: "0123456789abcdef",
  rid: "dec_1",
  htm: "GET",
  htu: "https://wiki.example.com/a?b=1",
  upstream: PASSAGE.upstream,
  kind: "http",
  sub: "anyone",
  typ_sub: "anonymous",
};

describe("a pass", () => {
  it("lets through exactly what it says", () => {
    expect(checkPass(PASS, PASSAGE, NOW)).toEqual({ ok: true, value: PASS });
  });

  it.each<[string, Partial<Record<keyof PassClaims, unknown>>]>([
    ["another network", { iss: "https://auth.evil.example" }],
    ["another app", { aud: "app_2" }],
    ["several apps", { aud: ["app_1", "app_2"] }],
    ["another method", { htm: "DELETE" }],
    ["another path", { htu: "https://wiki.example.com/b?b=1" }],
    ["another query", { htu: "https://wiki.example.com/a?b=2" }],
    ["no path at all", { htu: "https://wiki.example.com" }],
    ["another upstream", { upstream: "http://10.0.0.1:81" }],
    ["another kind", { kind: "socket" }],
    ["a day", { exp: NOW + 86_400 }],
    ["a time that runs backwards", { exp: NOW - 1 }],
    ["no id", { jti: "" }],
    ["a caller of no kind", { typ_sub: "root" }],
  ])("for %s is refused", (_, change) => {
    expect(checkPass({ ...PASS, ...change }, PASSAGE, NOW).ok).toBe(false);
  });

  it("S-50: holds for 30 s, and for clocks that differ by as much", () => {
    const at = (seconds: number) => checkPass(PASS, PASSAGE, NOW + seconds).ok;
    expect([at(-31), at(-30), at(59), at(60)]).toEqual([false, true, true, false]);
  });
});

describe("passes that were used", () => {
  it("are refused until they have expired by themselves", () => {
    const used = new UsedPasses();
    expect([used.use(PASS, NOW), used.use(PASS, NOW), used.use(PASS, NOW + 59)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("are forgotten when they have expired, and never before", () => {
    const used = new UsedPasses(2);
    const use = (jti: string, now: number) => used.use({ jti, exp: now + 30 }, now);
    expect([use("a", NOW), use("b", NOW), use("c", NOW)]).toEqual([true, true, false]);
    expect([use("c", NOW + 60), use("a", NOW + 60)]).toEqual([true, true]);
  });
});
