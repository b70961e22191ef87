import { describe, expect, it } from "vitest";
import { openApp } from "../../../cli/app.ts";
import { EXIT } from "../../../cli/exit-codes.ts";
import { Failure } from "../../../cli/failure.ts";
import type { Io } from "../../../cli/io.ts";
import { failureText } from "../../../cli/output/failure-text.ts";
import { reachOfAppText } from "../../../cli/output/reach.ts";
import { details, table } from "../../../cli/output/table.ts";
import { truncate, widthOf } from "../../../cli/output/text.ts";
import { listText } from "../../../cli/output/things.ts";
import { cell, heading, plain } from "../../../cli/output/values.ts";
import { RESOURCES } from "../../../cli/resources.ts";
import { printable } from "../../../shared/base/printable.ts";

describe("table", () => {
  const rows = [
    ["wiki", "https://wiki.example.com"],
    ["a-longer-name", "x"],
  ];

  it("aligns columns and leaves no trailing spaces", () => {
    expect(table(["name", "host"], rows, null)).toBe(
      "NAME           HOST\nwiki           https://wiki.example.com\na-longer-name  x\n",
    );
  });

  it("narrows the widest column until the lines fit the terminal", () => {
    const lines = table(["name", "host"], rows, 30).trimEnd().split("\n");
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(30);
    expect(lines[1]).toBe("wiki           https://wiki.e…");
  });

  it("U27: keeps ids and the key whole at 80 columns; other columns give way, and what has no room is named", () => {
    const id = `ses_${"0".repeat(26)}`;
    const item = {
      id,
      email: "somebody.with.a.long.name@example.com",
      kind: "sign_in",
      appName: "reports-of-the-quarter",
      ip: "2001:db8:1234:5678:9abc:def0:1234:5678",
      createdAt: 1_700_000_000_000,
      expiresAt: 1_700_000_000_000,
    };
    for (const width of [40, 60, 80, 100, 120]) {
      const shown = listText(Object.keys(item), [item], width, "id");
      const [head = "", row = "", left = ""] = shown.split("\n");
      expect(row).toContain(id);
      expect(Math.max(widthOf(head), widthOf(row))).toBeLessThanOrEqual(width);
      const named = `${head} ${left}`.toLowerCase();
      for (const field of Object.keys(item)) expect(named).toContain(heading(field).slice(0, 7));
    }
    expect(
      listText(["name", "title"], [{ name: "a-name-that-people-type", title: "x".repeat(80) }], 40, "name"),
    ).toContain("a-name-that-people-type");
  });

  it("U27: shows a time to the minute or not at all, and cuts no word to a stump", () => {
    const time = (width: number) =>
      listText(
        ["name", "ip", "updatedAt", "id"],
        [{ name: "wiki", ip: "127.0.0.1", updatedAt: 1_700_000_000_000, id: `pol_${"0".repeat(26)}` }],
        width,
        "name",
      );
    expect(time(80)).toContain("  2023-11-14 22:13:20Z  ");
    expect(time(66)).toContain("  127.0.0.1  2023-11-14 22:13Z  pol_");
    expect(time(65)).not.toContain("2023");
    expect(time(65)).toContain("no room for updated at");
  });

  it("an empty list says what that means and what to do next, if it knows", () => {
    expect(listText(["name"], [], 80)).toBe("Nothing to show.\n");
    for (const { command, empty, columns } of RESOURCES.filter((resource) => resource.columns.length > 0))
      expect(listText(columns, [], 80, "name", empty), command).not.toContain("Nothing to show");
  });

  it("counts wide characters as two columns", () => {
    expect(
      table(
        ["name", "host"],
        [
          ["日本", "x"],
          ["abcd", "y"],
        ],
        null,
      ),
    ).toBe("NAME  HOST\n日本  x\nabcd  y\n");
  });

  it("never sends a stranger's control characters to the terminal", () => {
    const shown = table(["path"], [["/\u001b[2J\u202e\r\nx"]], null);
    expect(shown).toBe("PATH\n/\\u001b[2J\\u202e\\u000d\\u000ax\n");
  });
});

describe("a cell", () => {
  it("writes times by their field's name, and one that has not come about as nothing", () => {
    expect(cell("until", 1_796_069_007_792)).toBe("2026-11-30 20:03:27Z");
    expect(cell("notAfter", 1_796_069_007_792)).toBe("2026-11-30 20:03:27Z");
    expect(plain("notBefore", 1_796_069_007_792)).toBe("2026-11-30T20:03:27.792Z");
    expect(cell("sentUntil", 0)).toBe("-");
    expect(cell("failures", 0)).toBe("0");
  });
});

describe("details", () => {
  it("puts text of several lines below its name", () => {
    expect(
      details([
        ["name", "p"],
        ["source", "permit (\n);\n"],
      ]),
    ).toBe("name    p\nsource\n  permit (\n  );\n");
  });

  it("leaves out the end of a single line, and shows other control characters as escapes", () => {
    expect(details([["source", "permit (\u0007);\n"]])).toBe("source  permit (\\u0007);\n");
  });
});

describe("text", () => {
  it("cuts between graphemes, never inside one", () => {
    expect(truncate("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 5)).toBe("👩‍👩‍👧‍👦👩‍👩‍👧‍👦…");
  });

  it("keeps ordinary text of any script", () => {
    expect(printable("Zoë Łukasz 日本 👍")).toBe("Zoë Łukasz 日本 👍");
  });
});

describe("failureText", () => {
  it("says what, why, where and what to do next", () => {
    const failure = new Failure(EXIT.failure, "The policy is not valid", {
      code: "policy_invalid",
      detail: "Fix it.",
      issues: [{ path: "a.cedar", line: 3, column: 7, message: "unexpected token" }],
      hint: "Nothing was changed.",
    });
    expect(failureText(failure)).toBe(
      "error: The policy is not valid [policy_invalid]\n  Fix it.\n  a.cedar:3:7: unexpected token\nNothing was changed.\n",
    );
  });
});

describe("failureText of a refused input", () => {
  it("says each issue once, the one that the hub's sentence holds too", () => {
    const failure = new Failure(EXIT.failure, "The input is invalid", {
      detail: "/settings/leaseMs: must be at most 1000.",
      issues: [
        { path: "/settings/leaseMs", message: "must be at most 1000" },
        { path: "/host", message: "is missing" },
      ],
    });
    expect(failureText(failure)).toBe(
      "error: The input is invalid\n  /settings/leaseMs: must be at most 1000.\n  /host: is missing\n",
    );
  });
});

describe("everything that is printed", () => {
  it("keeps what strangers named (groups of an identity provider, nodes) from steering the terminal", () => {
    let printed = "";
    const print = (text: string) => {
      printed += text;
    };
    const app = openApp({ out: print, err: print } as Io, () => false);
    app.emit({}, () => "allow (p#1)\n  eve is directly in the groups \u001b[2J\u202eadmins\u009b.\n");
    app.note("Held: \u001b]0;x\u0007");
    expect(printed).toBe(
      "allow (p#1)\n  eve is directly in the groups \\u001b[2J\\u202eadmins\\u009b.\nHeld: \\u001b]0;x\\u0007\n",
    );
  });
});

describe("who can reach an app", () => {
  const app = {
    id: "app_1",
    name: "wiki",
    enabled: true,
    grantAskers: ["group:oncall"],
    emergencyAskers: [],
  };
  const nobody = { at: 0, began: 0, total: 0, items: [], next: null, policies: [] };
  it("says who may request access where nobody is within reach", () => {
    const said = (more: Partial<typeof app>) => reachOfAppText({ ...nobody, app: { ...app, ...more } }, null);
    expect(said({})).toMatch(/^Nobody could reach wiki at .*\. Access may be requested by group:oncall\.\n$/);
    expect(said({ grantAskers: [] })).toMatch(/^Nobody could reach wiki at [^.]*\.\n$/);
    expect(said({ enabled: false })).not.toContain("requested");
  });
});
