import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writeYaml } from "../../../cli/network/write-yaml.ts";

const CEDAR = `// who may read
permit (principal in Group::"engineering", action == Action::"read", resource == App::"wiki") when { context.network has ip };
`;

/** Pieces from which texts are drawn that YAML writers are known to change. */
const PIECES = [
  "a",
  " ",
  "  ",
  "\t",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  "// x",
  "#",
  ": ",
  "- ",
  "'",
  '"',
  "\\",
  "é",
  "日本",
  "👍",
];
const ODD = [
  "\u0007",
  "\u0085",
  "\u2028",
  "\ufeff",
  "|",
  ">",
  "%",
  "---",
  "yes",
  "1.0",
  "~",
  "x".repeat(100),
];
const text = fc.array(fc.constantFrom(...PIECES, ...ODD), { maxLength: 30 }).map((pieces) => pieces.join(""));

describe("writeYaml", () => {
  it.each([
    ["comments", CEDAR],
    ["trailing spaces", "permit (  \n  principal   \n);  \n"],
    ["CRLF", "permit (\r\n  principal\r\n);\r\n"],
    ["tabs", "\tpermit (\n\t\tprincipal\n\t);\n"],
    ["leading blanks", "\n\n   permit (\n principal\n);"],
    ["blanks at the end", "permit (principal);\n\n\n  \n"],
    ["unicode", "// Zoë 日本 👍\u2028\npermit (principal);"],
    ["long lines", `permit (principal) // ${"word ".repeat(60)}\nwhen { true };\n`],
    ["one long line", `permit (principal); // ${"word ".repeat(60)}`],
  ])("U5: gives back Cedar with %s byte by byte, and folds none", (_, source) => {
    const written = writeYaml({ policies: [{ name: "p", source }] }, "about");
    expect(parse(written)).toEqual({ policies: [{ name: "p", source }] });
    expect(written).not.toMatch(/: >/);
    expect(writeYaml(parse(written), "about")).toBe(written);
  });

  it("U5: shows text of several lines as it stands, so that a line can be put under a comment", () => {
    const written = writeYaml({ source: CEDAR }, "");
    expect(written).toContain("source: |\n");
    const edited = `${written}  // none for bob\n  forbid (principal == User::"bob", action, resource);\n`;
    expect(parse(edited).source).toBe(
      `${CEDAR}// none for bob\nforbid (principal == User::"bob", action, resource);\n`,
    );
  });

  it("U5: gives back whatever text, at whatever depth", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const data = { texts, below: texts.map((one) => ({ deep: { source: one } })) };
        const written = writeYaml(data, "about\n\nthis");
        expect(parse(written)).toEqual(data);
        expect(writeYaml(parse(written), "about\n\nthis")).toBe(written);
      }),
    );
  });

  it("stands under its comment", () => {
    expect(writeYaml({ version: 1 }, "first\n\nthird")).toBe("# first\n\n# third\n\nversion: 1\n");
  });
});
