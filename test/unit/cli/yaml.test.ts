import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Failure } from "../../../cli/failure.ts";
import { parseYaml } from "../../../cli/network/yaml.ts";

const schema = z.strictObject({
  apps: z.array(z.strictObject({ name: z.string(), port: z.number() })).default([]),
});

function faultsOf(text: string): string[] {
  try {
    parseYaml(text, "network.yaml", schema);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.issues.map((issue) => `${issue.path}:${issue.line}:${issue.column}: ${issue.message}`);
  }
  return [];
}

describe("parseYaml", () => {
  it("reads what is valid", () => {
    expect(parseYaml("apps:\n  - {name: wiki, port: 80}\n", "n", schema)).toEqual({
      apps: [{ name: "wiki", port: 80 }],
    });
  });

  it("names the line and column of a value of the wrong type", () => {
    expect(faultsOf("apps:\n  - name: wiki\n    port: eighty\n")).toEqual([
      expect.stringMatching(/^network\.yaml:3:11: apps\[0\]\.port: .*number/),
    ]);
  });

  it("names the line of the entry that lacks a key", () => {
    expect(faultsOf("apps:\n  - {name: a, port: 1}\n  - name: wiki\n")).toEqual([
      expect.stringMatching(/^network\.yaml:3:5: apps\[1\]\.port: /),
    ]);
  });

  it("points at a key that is not known", () => {
    expect(faultsOf("apps:\n  - name: wiki\n    port: 1\n    hots: x\n")).toEqual([
      "network.yaml:4:5: apps[0].hots: this key is not known; known are name, port",
    ]);
  });

  it("U32: says which key was meant, where one is near", () => {
    expect(faultsOf("apps:\n  - name: wiki\n    prot: 1\n")[1]).toBe(
      "network.yaml:3:5: apps[0].prot: this key is not known; did you mean port?",
    );
    expect(faultsOf("appps: []\n")).toEqual([
      "network.yaml:1:1: appps: this key is not known; did you mean apps?",
    ]);
  });

  it("U32: says of an empty file, and of one that is no map, what is wrong with it", () => {
    expect(faultsOf("# nothing\n")[0]).toMatch(/the file is empty/);
    expect(faultsOf("- a\n")).toEqual(["network.yaml:1:1: the file: must be of type object"]);
  });

  it.each([
    ["folded", "a: >\n  permit (principal, action, resource);\n  // not bob\n  forbid (principal);\n"],
    ["quoted", "a: 'permit (principal); // not bob\n  forbid (principal);'\n"],
    ["plain", "a: permit (principal); // not bob\n  forbid (principal);\n"],
  ])("U5: refuses %s text in which a comment would swallow what stands under it", (_, text) => {
    expect(() => parseYaml(text, "n", z.record(z.string(), z.string()))).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ line: 1, message: expect.stringContaining("literal block") })],
      }),
    );
  });

  it("U5: folded text without a comment is read", () => {
    const text = "a: >\n  see https://example.com\n  for more\n";
    expect(parseYaml(text, "n", z.record(z.string(), z.string()))).toEqual({
      a: "see https://example.com for more\n",
    });
  });

  it("points at broken syntax", () => {
    expect(faultsOf("apps:\n  - name: [wiki\n")[0]).toMatch(/^network\.yaml:\d+:\d+: /);
  });

  it("refuses a key given twice, and a second document", () => {
    expect(faultsOf("apps: []\napps: []\n")[0]).toMatch(/^network\.yaml:2:1: .*unique/);
    expect(faultsOf("apps: []\n---\napps: []\n")).toHaveLength(1);
  });

  it("refuses aliases that expand without bound", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]
`;
    expect(faultsOf(bomb)).toHaveLength(1);
  });

  it("S-A12: reads, and finds the faults of, a map of very many keys in linear time", () => {
    // Comparing each key with every other one takes minutes here, and outlasts the test's time-out.
    const text = Array.from({ length: 60_000 }, (_, i) => `key${i}: 1`).join("\n");
    expect(faultsOf(text)).toHaveLength(60_000);
    expect(Object.keys(parseYaml(text, "n", z.record(z.string(), z.number())))).toHaveLength(60_000);
  });

  it("names the line of a key that comes again", () => {
    expect(faultsOf("apps: []\napps: []\n")).toEqual(["network.yaml:2:1: Map keys must be unique"]);
    expect(faultsOf('apps:\n  - {name: a, port: 1, "name": b}\n')).toEqual([
      "network.yaml:2:24: Map keys must be unique",
    ]);
  });
});
