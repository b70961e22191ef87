import { describe, expect, it } from "vitest";
import { readHuJson } from "../../../cli/network/read-hujson.ts";

describe("HuJSON", () => {
  it("has comments and trailing commas, and may begin with a byte order mark", () =>
    expect(readHuJson('\ufeff{ // who\n "a": [1, /* and */ 2,],\r\n}', "f")).toEqual({ a: [1, 2] }));

  it.each([
    ["a key that stands twice", '{"groups": {},\n "groups": {}}', 'f, line 2: the key "groups"'],
    ["a key that would be a prototype", '{"__proto__": {"acls": []}}', 'f, line 1: the key "__proto__"'],
    ["brackets without end", "[".repeat(500_000), "f, line 1: nested deeper than 100"],
    ["single quotes", "{\n'a': 1}", "f, line 2: InvalidSymbol"],
    ["nothing", "", "f, line 1: ValueExpected"],
    ["more than a file may have", " ".repeat(4 * 1024 * 1024 + 1), "f is larger than 4 MiB"],
  ])("refuses %s", (_, text, message) => expect(() => readHuJson(text, "f")).toThrow(message));
});
