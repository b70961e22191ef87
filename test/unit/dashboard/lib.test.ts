import { describe, expect, it } from "vitest";
import { appsNamedIn } from "../../../dashboard/lib/apps-named.ts";
import { browserName } from "../../../dashboard/lib/browser-name.ts";
import { flattenFacts } from "../../../dashboard/lib/facts.ts";
import { formatMoment, splitList } from "../../../dashboard/lib/format.ts";
import { parseRoute, routeTo } from "../../../dashboard/lib/router.ts";

describe("addresses of pages", () => {
  it("give back the parts that they were made of", () => {
    const parts = ["policies", "a/b #c%", "ü"];
    expect(parseRoute(routeTo(...parts))).toEqual(parts);
  });

  it("survive what nobody would write", () => {
    expect(parseRoute("")).toEqual([]);
    expect(parseRoute("#//apps//")).toEqual(["apps"]);
    expect(parseRoute("#/%E0%A4%A")).toEqual(["%E0%A4%A"]);
  });
});

describe("U12, U4: the apps that a policy names", () => {
  it("are each named once, in their order; comments, texts and other entities name none", () => {
    const source = `// App::"no"
permit (principal in Group::"App::x", action, resource == App::"wiki");
forbid (principal, action, resource in [App::"a \\"b\\"", App :: "far", App::"wiki"]) when { context.x == "App::y" };`;
    expect(appsNamedIn(source)).toEqual(["wiki", 'a "b"']);
    expect(appsNamedIn("permit (principal, action, resource);")).toEqual([]);
  });
});

describe("flattenFacts", () => {
  it("names nested facts by their path and says what is missing", () => {
    const facts = {
      principal: { email: "a@example.com", groups: ["x", "y"], tags: [] },
      device: null,
      risk: 0,
    };
    expect(flattenFacts(facts)).toEqual([
      ["principal.email", "a@example.com"],
      ["principal.groups", "x, y"],
      ["principal.tags", "none"],
      ["device", "none"],
      ["risk", "0"],
    ]);
  });
});

describe("splitList", () => {
  it("takes commas and lines, and drops blanks", () => {
    expect(splitList(" a, b\n\n c ,")).toEqual(["a", "b", "c"]);
  });
});

describe("formatMoment", () => {
  const now = new Date(2026, 10, 26, 12).getTime();

  it("names the year of what is not in this one, so that a key good for a year does not look expired", () => {
    expect(formatMoment(new Date(2027, 10, 25, 12).getTime(), now)).toContain("2027");
    expect(formatMoment(new Date(2026, 0, 2, 12).getTime(), now)).not.toContain("2026");
    expect(formatMoment(now - 3_000, now)).not.toMatch(/Nov|2026/);
  });
});

describe("browserName", () => {
  it.each([
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
      "Chrome 156 on Linux",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 on Linux"],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
      "Edge 150 on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
      "Safari 18 on iOS",
    ],
    ["curl/8.14.1", "curl/8.14.1"],
    // What an OAuth client calls itself is no browser.
    ["Firefox/140 on Linux (OAuth client)", "Firefox/140 on Linux (OAuth client)"],
    ["", ""],
  ])("%s", (userAgent, name) => {
    expect(browserName(userAgent)).toBe(name);
  });
});
