import { describe, expect, test } from "vitest";
import {
  DEFAULT_PATH_SETTINGS,
  outerPath,
  upstreamPath,
  withOuterPath,
} from "../../../shared/http/path-rewrite.ts";
import { canonicalTarget } from "../../../shared/http/target.ts";

const RULES = { encodedSlashes: true, caseInsensitivePaths: false };
const WIKI = { ...RULES, pathStrip: "/wiki", pathPrefix: "" };
const BOTH = { ...RULES, pathStrip: "/wiki", pathPrefix: "/app" };
const ADDED = { ...RULES, pathStrip: "", pathPrefix: "/app" };

function sent(path: string, settings: typeof WIKI) {
  const target = canonicalTarget(path, settings);
  return target.ok ? upstreamPath(target.value, settings) : "refused";
}

describe("a path that is rewritten", () => {
  test.each([
    ["/wiki/a", WIKI, "/a"],
    ["/wiki/", WIKI, "/"],
    ["/wiki/wiki/a", WIKI, "/wiki/a"],
    ["/wiki/a%20b/c;v=1", WIKI, "/a%20b/c;v=1"],
    ["/wiki/a", BOTH, "/app/a"],
    ["/a/", ADDED, "/app/a/"],
    ["/", ADDED, "/app/"],
    ["/wiki/A", { ...BOTH, caseInsensitivePaths: true }, "/app/A"],
  ])("%s is %#", (path, settings, expected) => expect(sent(path, settings)).toBe(expected));

  test.each([
    "/",
    "/wiki",
    "/admin",
    "/wikia",
    "/wiki;x/a",
    "/WIKI/a",
    "/wiki/../admin",
    "/wiki/%2e%2e/admin",
  ])("%s belongs to no path of the upstream", (path) => expect(sent(path, WIKI)).toBe("outside"));

  test.each(["/wiki/..;/admin", "/wiki/..;/wiki/admin", "/wiki/..%2fadmin", "/wiki/a/..;/..;/wiki/x"])(
    "%s could leave the app's paths on the upstream, and is sent nowhere",
    (path) => {
      expect(sent(path, BOTH)).toBe("ambiguous");
    },
  );
  test.each([WIKI, BOTH])(
    "an upstream's path has one path that is judged: drawn paths never lead around it: %o",
    (settings) => {
      const parts = [
        "wiki",
        "app",
        "admin",
        "a",
        "..;",
        "..;x",
        ";",
        "a;b",
        "%2f",
        "%2e%2e",
        "..",
        ".",
        "",
        "%5c",
      ];
      let seed = 7;
      const draw = (below: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return seed % below;
      };
      let rewritten = 0;
      for (let i = 0; i < 20_000; i++) {
        const path = `/wiki/${Array.from({ length: draw(6) }, () => parts[draw(parts.length)]).join("/")}`;
        const target = canonicalTarget(path, settings);
        if (!target.ok) continue;
        const to = upstreamPath(target.value, settings);
        if (to === "outside" || to === "ambiguous") continue;
        rewritten++;
        // Whatever the upstream may take its path for is below the prefix, and was judged.
        const inner = canonicalTarget(to, settings);
        if (!inner.ok) throw new Error(`${path} became ${to}`);
        for (const reading of inner.value.readings) {
          expect(reading.startsWith(`${settings.pathPrefix}/`)).toBe(true);
          expect(target.value.readings).toContain(`/wiki${reading.slice(settings.pathPrefix.length)}`);
        }
      }
      expect(rewritten).toBeGreaterThan(1_000);
    },
  );
});

describe("what comes back", () => {
  test.each([
    ["/login", WIKI, "/wiki/login"],
    ["/wiki/login", WIKI, "/wiki/login"],
    ["/app/login", BOTH, "/wiki/login"],
    ["/app", BOTH, "/wiki/"],
    ["/elsewhere", BOTH, "/elsewhere"],
    ["/app/login", ADDED, "/login"],
    ["/login", DEFAULT_PATH_SETTINGS, "/login"],
  ])("%s is %#", (path, settings, expected) => expect(outerPath(path, settings)).toBe(expected));

  test.each([
    ["s=1; Path=/; Secure", WIKI, "s=1; Path=/wiki; Secure"],
    ["s=1; path=/app ; HttpOnly", BOTH, "s=1; Path=/wiki; HttpOnly"],
    ["s=1;Path=/app/x", BOTH, "s=1; Path=/wiki/x"],
    ["s=1; Path=/elsewhere", BOTH, "s=1; Path=/elsewhere"],
    ["s=1; Path=/app", ADDED, "s=1; Path=/"],
    ["s=1; Secure", WIKI, "s=1; Secure"],
    ["__Host-s=1; Path=/; Secure", WIKI, "__Host-s=1; Path=/; Secure"],
  ])("the cookie %s", (cookie, settings, expected) => expect(withOuterPath(cookie, settings)).toBe(expected));
});
