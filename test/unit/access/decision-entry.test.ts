import { describe, expect, it } from "vitest";
import { decisionEntry, UNASKED } from "../../../shared/access/assess.ts";
import type { Question } from "../../../shared/access/question.ts";

const question = { app: { id: "app_1", name: "wiki" } } as Question;
const facts = { now: 1_764_000_000_123 } as Parameters<typeof decisionEntry>[2]["facts"];
const base = { epoch: 7, sessionId: "ses_1", facts };

describe("I8: the record of a decision", () => {
  it.each([
    ["allow", ["p#1"], undefined, "allow", "policy"],
    ["deny", ["p#2"], undefined, "deny", "policy"],
    ["deny", [], undefined, "deny", "default_deny"],
    ["allow", ["p#1"], "origin_not_allowed", "deny", "origin_not_allowed"],
  ] as const)(
    "of policies that say %s by %j, overruled by %s",
    (said, determining, overruledBy, decision, reason) => {
      const decided = { ...base, decision: { decision: said, determining, erroring: [] } };
      const entry = decisionEntry("dec_1", question, overruledBy ? { ...decided, overruledBy } : decided);
      expect(entry).toEqual({
        ...{ kind: "decision", id: "dec_1", at: facts.now, appId: "app_1", appName: "wiki" },
        ...{ ...base, decision, reason, determining, erroring: [] },
      });
    },
  );

  it("says which versions decided, and what the policies in shadow would have changed", () => {
    const versions = new Map([
      ["p", 3],
      ["q", 1],
      ["draft", 2],
    ]);
    const allowed = { decision: "allow", determining: ["p#1", "p#2"], erroring: [] } as const;
    const denied = { decision: "deny", determining: ["draft#1"], erroring: [] } as const;
    const entryOf = (withShadow: typeof allowed | typeof denied | null, overruledBy?: string) =>
      decisionEntry("dec_1", question, {
        ...{ ...base, decision: allowed, withShadow, versions },
        ...(overruledBy ? { overruledBy } : {}),
      });
    expect(entryOf(null).versions).toEqual({ p: 3 });
    expect(entryOf(allowed)).not.toHaveProperty("shadow");
    expect(entryOf(denied)).toMatchObject({
      ...{ decision: "allow", determining: ["p#1", "p#2"], versions: { p: 3, draft: 2 } },
      shadow: { decision: "deny", determining: ["draft#1"] },
    });
    expect(entryOf(denied, "origin_not_allowed")).not.toHaveProperty("shadow");
  });

  it("is a denial where no policy was asked", () => {
    expect(decisionEntry("dec_1", question, { ...base, decision: UNASKED })).toMatchObject({
      decision: "deny",
      determining: [],
    });
  });
});
