import { isAuthorized, policyToJson, templateToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { CompileError } from "../../../../shared/access/policy/errors.ts";
import { compilePolicy } from "../../../../shared/access/policy/policy.ts";
import { PolicySet } from "../../../../shared/access/policy/policy-set.ts";
import { linkTemplate } from "../../../../shared/access/policy/template.ts";
import { EntityUid } from "../../../../shared/access/policy/values.ts";

const TEMPLATES = [
  "permit (principal == ?principal, action, resource == ?resource);",
  "permit (principal in ?principal, action, resource);",
  "forbid (principal, action, resource in ?resource);",
  "permit (principal is User in ?principal, action, resource == ?resource) when { context.n > 1 };",
  '@note("x") permit (principal == ?principal, action == Action::"read", resource is App in ?resource);',
];
const ANN = { type: "User", id: "ann" };
const BOB = { type: "User", id: "bob" };
const WIKI = { type: "App", id: "wiki" };

function jsonOf(text: string) {
  const answer = templateToJson(text);
  if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
  return answer.json;
}

function slotsOf(text: string, principal = ANN) {
  return {
    ...(text.includes("?principal") ? { principal } : {}),
    ...(text.includes("?resource") ? { resource: WIKI } : {}),
  };
}

describe("a linked template", () => {
  it.each(
    TEMPLATES.flatMap((text) =>
      [ANN, BOB].flatMap((principal) => [0, 2].map((n) => ({ text, principal, n }))),
    ),
  )("$text decides for $principal.id as Cedar's own link does (n = $n)", ({ text, principal, n }) => {
    const slots = slotsOf(text);
    const values = Object.fromEntries(Object.entries(slots).map(([name, uid]) => [`?${name}`, uid]));
    const request = { principal, action: { type: "Action", id: "read" }, resource: WIKI };
    const answer = isAuthorized({
      ...request,
      context: { n },
      entities: [],
      policies: {
        staticPolicies: {},
        templates: { t: jsonOf(text) },
        templateLinks: [{ templateId: "t", newId: "linked", values }],
      },
    } as unknown as Parameters<typeof isAuthorized>[0]);
    if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
    const set = new PolicySet([compilePolicy("linked", linkTemplate(jsonOf(text), slots))]);
    const ours = set.decide({
      principal: new EntityUid(principal.type, principal.id),
      action: new EntityUid("Action", "read"),
      resource: new EntityUid(WIKI.type, WIKI.id),
      context: new Map([["n", n]]),
      entities: new Map(),
    });
    expect(ours.decision).toBe(answer.response.decision);
    expect(ours.determining).toEqual(answer.response.diagnostics.reason);
  });

  it("needs every slot, and no other", () => {
    const both = jsonOf(TEMPLATES[0] ?? "");
    expect(() => linkTemplate(both, { principal: ANN })).toThrow(CompileError);
    const one = jsonOf(TEMPLATES[1] ?? "");
    expect(() => linkTemplate(one, { principal: ANN, resource: WIKI })).toThrow("no slot ?resource");
    const plain = policyToJson("permit (principal, action, resource);");
    if (plain.type === "failure") throw new Error("the policy is valid");
    expect(() => linkTemplate(plain.json, {})).toThrow("no slot");
  });

  it("is refused by the compiler while it is not linked", () => {
    expect(() => compilePolicy("t", jsonOf(TEMPLATES[0] ?? ""))).toThrow(CompileError);
  });
});
