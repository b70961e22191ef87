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

  it("is a denial where no policy was asked", () => {
    expect(decisionEntry("dec_1", question, { ...base, decision: UNASKED })).toMatchObject({
      decision: "deny",
      determining: [],
    });
  });
});
