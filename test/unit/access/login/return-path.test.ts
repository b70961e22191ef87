import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { returnPath } from "../../../../shared/access/login/return-path.ts";
import { canonicalTarget } from "../../../../shared/http/target.ts";
import { safeUrl } from "../../../../workers/pages/html.ts";
import { SHARED_DATA, where } from "../../../support/needs.ts";

const ORIGIN = "https://app.example";
const CORPUS = join(SHARED_DATA, "redirect-corpus/openredirects.txt");
const RULES = { encodedSlashes: false, caseInsensitivePaths: false };
const SLASHES = { ...RULES, encodedSlashes: true };

/** Where a browser ends that is sent to this path, by a redirect and by a link of ours. */
const landsOn = (path: string) =>
  [path, safeUrl(path)].map((location) => new URL(location, `${ORIGIN}/.rustronaut/callback`).origin);

describe("return path", () => {
  it.each([
    "/",
    "/wiki/Main_Page",
    "/search?q=a%20b&page=2",
    "/?next=%2Fhome",
    "/a.b/c~d/e-f",
    "/?next=https://app.example/home",
    "/?next=//cdn.example/x",
    "/login?rd=https://client.example/cb",
    "/wiki/Category:Recipes",
    "/@user/statuses/1",
    "/user@example.com",
    "/100%25",
    "/a%3Ab",
    "/report..",
    "/v1..v2",
    "/a//b",
    "/a/../b",
    "/;x=1",
    "/.well-known/change-password",
    "/https://other.example/page",
    "/a?b\\c",
    "/?q=%zz",
    `/${"a".repeat(5_000)}`,
    `/?${"q".repeat(10_000)}`,
    "/ui/#/".replace("#", "%23"),
  ])("G8: gives %s back as it was", (path) => {
    expect(returnPath(path, RULES)).toBe(path);
    expect(landsOn(path)).toEqual([ORIGIN, ORIGIN]);
  });

  it("G8: gives an encoded slash back where the app accepts it", () => {
    expect(returnPath("/repo/feature%2Flogin", SLASHES)).toBe("/repo/feature%2Flogin");
    expect(returnPath("/repo/feature%2Flogin", RULES)).toBe("/");
  });

  test.each([
    ["//evil.example", "/evil.example"],
    ["///evil.example/x?y", "/evil.example/x?y"],
    ["/\\evil.example", "/evil.example"],
    ["\\\\evil.example", "/evil.example"],
    ["/./\\evil.example", "/evil.example"],
  ])("S-19: %j comes back as a path of the app", (raw, path) => {
    expect(returnPath(raw, RULES)).toBe(path);
  });

  test.each([
    "/%09/evil.example",
    "/ /evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "https://app.example@evil.example",
    "/.rustronaut/callback?code=x",
    "/.Rustronaut/sign-out",
    "/x/../.rustronaut/sign-out",
    "/.rustronaut",
    "relative",
    `/${"a".repeat(17_000)}`,
    "/a\r\nSet-Cookie: x=y",
    "/%zz",
    "/ünïcode",
  ])("S-19: turns %j into the start page", (path) => {
    expect(returnPath(path, RULES)).toBe("/");
  });

  where("data").it("S-19: no string of the redirect corpus leaves the app", () => {
    const lines = readFileSync(CORPUS, "utf8").split("\n").filter(Boolean);
    expect(lines.length).toBeGreaterThan(200);
    for (const rules of [RULES, SLASHES]) {
      const abroad = lines.filter((line) => landsOn(returnPath(line, rules)).some((on) => on !== ORIGIN));
      expect(abroad).toEqual([]);
    }
  });

  test("never leaves the origin nor enters the reserved space, and goes where the gateway would", () => {
    const words = "/ \\ . .. %2e %2f %5c evil.example @ : ? # a \t ; %00 %25 .rustronaut https:".split(" ");
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), fc.boolean(), (parts, slashes) => {
        const rules = slashes ? SLASHES : RULES;
        const raw = `/${parts.join("")}`;
        const path = returnPath(raw, rules);
        expect(landsOn(path)).toEqual([ORIGIN, ORIGIN]);
        const { pathname, href } = new URL(path, ORIGIN);
        expect(pathname.toLowerCase()).not.toMatch(/^\/*\.rustronaut(?:\/|$)/);
        if (path === "/") return;
        expect(canonicalTarget(href.slice(ORIGIN.length), rules)).toEqual(canonicalTarget(raw, rules));
      }),
      { seed: 19, numRuns: 10_000 },
    );
  });
});
