import { describe, expect, it } from "vitest";
import { askCedar } from "../../../durable-objects/policies/cedar.ts";
import { CedarBroke, parsePolicies } from "../../../shared/access/policy/parse.ts";

const permit = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;
const pause = async () => {};

describe("P1: the parser in WebAssembly", () => {
  it("is thrown away after a text that broke it, and serves the next one", () => {
    const deep = permit(`${"(".repeat(400)}true${")".repeat(400)}`);
    for (let n = 0; n < 3; n++) {
      expect(() => askCedar((cedar) => cedar.policySetTextToParts(deep))).toThrow(CedarBroke);
      const parsed = askCedar((cedar) => cedar.policyToJson(permit("true")));
      expect(parsed).toMatchObject({ type: "success", json: { effect: "permit" } });
    }
  });

  it.each([
    `// x\r${permit(`${"(".repeat(150)}true${")".repeat(150)}`)}`,
    permit(`context${'["a"]'.repeat(1_800)} == 1`),
    permit(`${"(".repeat(16)}principal${` is User in Group::"g")`.repeat(16)}`),
  ])("never sees what could break it or keep it busy: %#", async (source) => {
    const parsed = await parsePolicies(source, "p", askCedar, pause);
    expect(parsed).toMatchObject({ ok: false, error: [{ path: "/source", line: expect.any(Number) }] });
  });
});

describe("P5: a statement", () => {
  it("has the number at which it stands in the source", async () => {
    const inner = `forbid (principal, action, resource) when { context.request.path == "/x" };`;
    const source = `@note(${JSON.stringify(inner)})\n${permit("true")}\n${inner}\n@id("same")\n${inner}\n${inner}`;
    const parsed = await parsePolicies(source, "p", askCedar, pause);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const brief = parsed.value.map(({ id, policy }) => {
      const { effect, annotations } = policy as { effect: string; annotations?: Record<string, string> };
      return [id, effect, Object.keys(annotations ?? {}).join()];
    });
    expect(brief).toEqual([
      ["p#1", "permit", "note"],
      ["p#2", "forbid", ""],
      ["p#3", "forbid", "id"],
      ["p#4", "forbid", ""],
    ]);
  });
});

describe("a fact that has no source yet", () => {
  it.each([
    permit(`principal is Device`),
    permit(`Device::"x" == Device::"x"`),
    "permit (principal is Device, action, resource);",
    `permit (principal == Device::"x", action, resource);`,
    `@links("principal Device::'x'") permit (principal == ?principal, action, resource);`,
  ])("is refused by a code of its own: %s", async (source) => {
    const parsed = await parsePolicies(source, "p", askCedar, pause);
    expect(parsed).toMatchObject({ ok: false, error: [{ code: "fact_without_source" }] });
  });

  it("is not one that only a text or an annotation names", async () => {
    const source = `@note("device") @device("Device") ${permit(`context.request.path like "*device*"`)}`;
    expect(await parsePolicies(source, "p", askCedar, pause)).toMatchObject({ ok: true });
  });
});

describe("a device", () => {
  it.each([
    "context has device && context.device.claims.osVersion.major >= 13 && context.device.claims.age < 300",
    'context has device && context.device.stated.contains("intune:compliant") && context.device.isOwned',
  ])("has a source: %s", async (condition) => {
    expect(await parsePolicies(permit(condition), "p", askCedar, pause)).toMatchObject({ ok: true });
  });
});

describe("risk", () => {
  it("has a source: a policy may ask for it", async () => {
    expect(await parsePolicies(permit("context.risk > 50"), "p", askCedar, pause)).toMatchObject({
      ok: true,
    });
  });
  it.each([
    ['@allowedRisk("60")', true],
    ['@idle("15m") @absolute("8h")', true],
    ['@monitor("recorded") @verify("reauthentication within 15m")', true],
    ['@allowedRisk("101")', false],
    ['@idle("soon")', false],
    ['@monitor("closely")', false],
    ['@verify("a wink")', false],
    ["@verify", false],
  ])("the terms %s of a permit are understood or refused: %s", async (annotations, ok) => {
    expect(await parsePolicies(`${annotations} ${permit("true")}`, "p", askCedar, pause)).toMatchObject({
      ok,
    });
  });
  it("a forbid has no terms", async () => {
    const source = '@verify("second_factor") forbid (principal, action, resource);';
    const parsed = await parsePolicies(source, "p", askCedar, pause);
    expect(parsed).toMatchObject({ ok: false, error: [{ message: expect.stringContaining("forbid") }] });
  });
});

describe("S-A6: a long text", () => {
  it("is validated in pieces, and others have their turn between them", async () => {
    let pauses = 0;
    const source = Array.from({ length: 600 }, (_, i) => permit(`context.time.hour == ${i}`)).join("\n");
    const parsed = await parsePolicies(source, "p", askCedar, async () => {
      pauses++;
    });
    expect(parsed.ok && parsed.value.map(({ id }) => id).at(-1)).toBe("p#600");
    expect(pauses).toBeGreaterThan(8);
  });

  it("is not read to its end once many faults were found", async () => {
    let pauses = 0;
    const source = permit("context.nope == 1").repeat(900);
    const parsed = await parsePolicies(source, "p", askCedar, async () => {
      pauses++;
    });
    expect(parsed.ok ? [] : parsed.error).toHaveLength(20);
    expect(pauses).toBe(0);
  });
});

describe("U31: a fault of a statement", () => {
  const issuesOf = async (source: string) => {
    const parsed = await parsePolicies(source, "p", askCedar, pause);
    return parsed.ok ? [] : parsed.error.map(({ message, line, column }) => `${line}:${column} ${message}`);
  };
  it.each([
    [
      permit("context.request.pth == 5"),
      [
        "1:61 attribute `request.pth` not found in the context of connect, delete, read, write (did you mean `path`?)",
      ],
    ],
    [
      permit('principal.emial == "x"'),
      ["1:55 attribute `emial` not found on Anonymous, Device, ServiceToken, User (did you mean `email`?)"],
    ],
    [
      `${permit("true")}\n${permit('"ä" == "ä" && context.foo')}`,
      ["2:67 attribute `foo` not found in the context of connect, delete, read, write"],
    ],
    [
      'permit (principal in Grup::"x", action, resource);',
      ["1:22 unrecognized entity type `Grup` (did you mean `Group`?)"],
    ],
    [
      permit('context.request.pth == "a" && principal.emial == "b"'),
      [
        "1:61 attribute `request.pth` not found in the context of connect, delete, read, write (did you mean `path`?)",
        "1:85 attribute `emial` not found on Anonymous, Device, ServiceToken, User (did you mean `email`?)",
      ],
    ],
  ])("is told once, at what is wrong: %s", async (source, issues) => {
    expect(await issuesOf(source)).toEqual(issues);
  });
});
