import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeTextError } from "../../../../shared/base/text-error.ts";
import { evaluate, type Truth } from "../../../../shared/segments/criteria/evaluate.ts";
import type { FactValue } from "../../../../shared/segments/criteria/facts.ts";
import { parseCriterion } from "../../../../shared/segments/criteria/parse.ts";
import { statedFactFault } from "../../../../shared/segments/criteria/stated.ts";
import { compareVersions } from "../../../../shared/segments/criteria/version.ts";

function judge(text: string, facts: Record<string, FactValue>, believed: "all" | "stated" = "all"): Truth {
  const parsed = parseCriterion(text);
  if (!parsed.ok) throw new Error(describeTextError(parsed.error));
  return evaluate(parsed.value, new Map(Object.entries(facts)), believed);
}

function refusal(text: string): string {
  const parsed = parseCriterion(text);
  if (parsed.ok) throw new Error("it was taken");
  return describeTextError(parsed.error);
}

describe("a criterion", () => {
  it.each([
    ['user.department == "Finance"', { "user.department": "Finance" }, true],
    ['user.department != "Finance"', { "user.department": "Sales" }, true],
    ['user.department in ["Sales", "Finance"]', { "user.department": "Finance" }, true],
    ['user.groups has "admins"', { "user.groups": [] }, false],
    ['user.groups has "admins"', { "user.groups": ["admins"] }, true],
    ["user.risk < 50", { "user.risk": "5" }, true],
    ["user.risk >= 50", { "user.risk": "100" }, true],
    ["user.risk < 50", {}, null],
    ["claims.osVersion >= 12.4", { "claims.osVersion": "12.10" }, true],
    ['device.osVersion < "12"', { "device.osVersion": "11.9.1" }, true],
    ["app.postgres >= 15 and app.postgres < 17", { "app.postgres": "16.2" }, true],
    ["app.postgres >= 15 and app.postgres < 17", { "app.postgres": "17.0" }, false],
    ['project.sensitivity >= "confidential"', { "project.sensitivity": "restricted" }, true],
    ['project.sensitivity >= "confidential"', { "project.sensitivity": "internal" }, false],
    ['claims.checks.edr-2.x == "present"', { "claims.checks.edr-2.x": "present" }, true],
    ['claims.checks.edr in ["absent", "mismatch"]', { "claims.checks.edr": "present" }, false],
    ['not claims.checks.edr == "present"', {}, null],
    ["claims.diskEncrypted", { "claims.diskEncrypted": false }, false],
    ["not claims.diskEncrypted", { "claims.diskEncrypted": false }, true],
    // `and` binds closer than `or`, and `not` closer than both.
    [
      'not node.name == "a" or node.name == "a" and node.tags has "x"',
      { "node.name": "a", "node.tags": [] },
      false,
    ],
    [
      '(node.name == "a" or node.name == "b") and node.tags has "x"',
      { "node.name": "b", "node.tags": ["x"] },
      true,
    ],
    ["known place.country", { "place.country": "DE" }, true],
    ["not known place.country", {}, true],
    ['place.zone == "say \\"gdpr\\""', { "place.zone": 'say "gdpr"' }, true],
  ] as const)("%s", (text, facts, truth) => {
    expect(judge(text, facts)).toBe(truth);
  });

  it("reads no word that no check answers, and no check that has no name", () => {
    expect(refusal('claims.checks.edr == "presnt"')).toContain("Write one of present, absent, match");
    expect(refusal('claims.checks. == "present"')).toContain("claims.checks");
    expect(refusal('claims.checks.Edr == "present"')).toContain("there is no fact claims.checks.Edr");
  });

  it("is not met where a fact is missing, whichever way it is asked", () => {
    for (const text of [
      'user.department == "Finance"',
      'user.department != "Finance"',
      'not (user.department == "Finance")',
      'not user.groups has "contractors"',
      "claims.osVersion < 12",
      "not (claims.osVersion < 12)",
      "not claims.diskEncrypted",
      'user.department == "Finance" or not (user.department == "Finance")',
    ]) {
      expect(judge(text, {}), text).toBe(null);
    }
    expect(judge('node.name == "a" or user.department == "Finance"', { "node.name": "a" })).toBe(true);
    expect(judge('node.name == "b" and user.department == "Finance"', { "node.name": "a" })).toBe(false);
  });

  it("takes what is no value of the fact's kind for missing, never for a match", () => {
    expect(judge("app.postgres >= 15", { "app.postgres": "newest" })).toBe(null);
    expect(judge("not (app.postgres >= 15)", { "app.postgres": "newest" })).toBe(null);
    expect(judge('project.sensitivity < "restricted"', { "project.sensitivity": "none" })).toBe(null);
    expect(judge('user.groups has "a"', { "user.groups": "a" })).toBe(null);
  });

  it("takes claims for missing where only what is stated counts", () => {
    const facts = { "claims.os": "debian", "device.os": "debian" };
    expect(judge('claims.os == "debian"', facts, "stated")).toBe(null);
    expect(judge("not known claims.os", facts, "stated")).toBe(null);
    expect(judge("not known claims.os", {}, "stated")).toBe(null);
    expect(judge('device.os == "debian"', facts, "stated")).toBe(true);
  });

  it.each([
    ['user.departement == "x"', /character 1: there is no fact user\.departement\. Write "user\.department"/],
    ['user.department = "x"', /character 17: "=" has no meaning here\. Write "==" to compare/],
    ["user.department == 'x'", /double quotes/],
    ['user.department > "x"', /can't be compared by >/],
    ['user.groups == "x"', /Write user\.groups has "…"/],
    ['user.department has "x"', /is no set/],
    ["user.department", /is compared with nothing/],
    ['claims.osVersion >= "twelve"', /no version/],
    ['project.sensitivity == "secret"', /one of public, internal, confidential, restricted/],
    ['user.department == "x', /the text has no end/],
    ['user.department == "x" user.title == "y"', /nothing may follow/],
    ['(user.department == "x"', /not closed/],
    ["user.department in []", /a value is missing/],
    ["", /name of a fact is missing/],
    ['and == "x"', /name of a fact is missing/],
    ['user.department == "a\\nb"', /no escape/],
    ['user.department == "a\nb"', /can't be seen/],
    // The Cyrillic letter looks like the Latin one.
    ['us\u0435r.department == "x"', /U\+0435 is no letter of ASCII, though it may look like one/],
    ['user.department == "x\u200by"', /can't be seen/],
    ['user.department == "e\u0301"', /composed form/],
    ["a".repeat(2_001), /too long/],
    ["(".repeat(50), /nested too deeply/],
    [Array(51).fill("known app.x").join(" or "), /too many tests/],
    [`user.department in [${Array(201).fill('"x"').join()}]`, /list is too long/],
  ])("is refused with its place and a remedy: %s", (text, words) => {
    expect(refusal(text)).toMatch(words);
  });

  it("never throws, whatever is written", () => {
    const word = fc.constantFrom(
      "and",
      "or",
      "not",
      "(",
      ")",
      "[",
      "]",
      "==",
      "<",
      "has",
      "in",
      "known",
      '"x"',
      "1.2",
    );
    const text = fc.array(fc.oneof(word, fc.constantFrom("user.groups", "app.x", "claims.os"), fc.string()));
    fc.assert(
      fc.property(text, (words) => {
        const parsed = parseCriterion(words.join(" "));
        expect(parsed.ok ? evaluate(parsed.value, new Map(), "stated") : parsed.error.position).not.toBe(0);
      }),
    );
  });
});

describe("versions", () => {
  it.each([
    ["1.2", "1.10", -1],
    ["12", "12.0.0", 0],
    ["1:1.24.0-2", "1.24", 0],
    ["v2.0", "2", 0],
    ["1.24.0-rc1", "1.24.0", -1],
    ["1.24.0~beta", "1.24.0", -1],
    ["16beta2", "16", 0],
  ])("%s against %s", (a, b, order) => {
    expect(Math.sign(compareVersions(a, b) ?? Number.NaN)).toBe(order);
    expect(Math.sign(compareVersions(b, a) ?? Number.NaN) + 0).toBe(-order + 0);
  });

  it("says nothing of what is no version", () => {
    expect([compareVersions("trixie/sid", "12"), compareVersions("12", "")]).toEqual([null, null]);
  });
});

describe("what administrators state", () => {
  it.each([
    ["device.type", "laptop", null],
    ["app.postgres", "16.2", null],
    ["app.postgres", "newest", /must be a version/],
    ["project.sensitivity", "secret", /one of public/],
    ["user.department", "Finance", /identity providers say it/],
    ["claims.os", "debian", /the node claims it/],
    ["observed.country", "DE", /the platform observes it/],
    ["node.name", "web", /follows from/],
    ["device.typ", "x", /Did you mean device\.type/],
  ])("%s %s", (name, value, words) => {
    const fault = statedFactFault(name, value);
    if (words === null) expect(fault).toBe(null);
    else expect(fault).toMatch(words);
  });
});
