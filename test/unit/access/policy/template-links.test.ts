import { describe, expect, it } from "vitest";
import { parseLinks } from "../../../../shared/access/policy/template-links.ts";

describe("the links of a template", () => {
  it("are read from its annotation, one behind each semicolon", () => {
    const links = parseLinks(
      "principal User::'ann@example.com', resource App::'wiki'; principal Group::'a b'",
    );
    expect(links).toEqual({
      ok: true,
      value: [
        { principal: { type: "User", id: "ann@example.com" }, resource: { type: "App", id: "wiki" } },
        { principal: { type: "Group", id: "a b" } },
      ],
    });
  });
  it.each([
    "",
    ";",
    "principal",
    "principal User::ann",
    "action Action::'read'",
    "principal User::'a', principal User::'b'",
    "principal User::'a' or true",
    `principal User::"a"`,
  ])("are refused when they are anything else: %s", (text) => {
    expect(parseLinks(text).ok).toBe(false);
  });
});
