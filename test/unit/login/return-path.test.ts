import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeReturnPath } from "../../../shared/login/return-path.ts";

const ORIGIN = "https://app.example";
const CORPUS = "../shared/data/redirect-corpus/openredirects.txt";

describe("return path", () => {
  test.each([
    "/",
    "/wiki/Main_Page",
    "/search?q=a%20b&page=2",
    "/files/report%20final.pdf",
    "/?next=%2Fhome",
    "/oauth?redirect_uri=https%3A%2F%2Fclient.example%2Fcb",
    "/a.b/c~d/e-f",
  ])("keeps %s", (path) => {
    expect(safeReturnPath(ORIGIN, path)).toBe(path);
  });

  test.each([
    "/\\evil.example",
    "/%09/evil.example",
    "/ /evil.example",
    "https:evil.example",
    "//evil.example",
    "/./\\evil.example",
    "javascript:alert(1)",
    "https://app.example@evil.example",
    "https://app.example.evil",
    "/a/../b",
    "/%2e%2e/b",
    "/.rustronaut/callback?code=x",
    "/.Rustronaut/sign-out",
    "/.rustronaut",
    "",
    "relative",
    `/${"a".repeat(5_000)}`,
    "/a\r\nSet-Cookie: x=y",
    "/%zz",
    "/ünïcode",
  ])("S-19: turns %j into the start page", (path) => {
    expect(safeReturnPath(ORIGIN, path)).toBe("/");
  });

  test.skipIf(!existsSync(CORPUS))(
    "S-19: turns every string of the redirect corpus into the start page",
    () => {
      const lines = readFileSync(CORPUS, "utf8").split("\n").filter(Boolean);
      expect(lines.length).toBeGreaterThan(200);
      expect(lines.filter((line) => safeReturnPath(ORIGIN, line) !== "/")).toEqual([]);
    },
  );

  test("never leaves the origin nor enters the reserved space, whatever is given", () => {
    const part = fc.constantFrom(
      "/",
      "\\",
      ".",
      "..",
      "%2e",
      "%2f",
      "evil.example",
      "@",
      ":",
      "?",
      "#",
      "a",
      "\t",
      ";",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const url = new URL(safeReturnPath(ORIGIN, `/${parts.join("")}`), ORIGIN);
        expect(url.origin).toBe(ORIGIN);
        expect(url.pathname.startsWith("//")).toBe(false);
        expect(url.pathname.toLowerCase().startsWith("/.rustronaut")).toBe(false);
      }),
      { seed: 19, numRuns: 5_000 },
    );
  });
});
