import { type AuthorizationAnswer, isAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { ancestorsOf, type Entity, type Environment } from "../../../../shared/access/policy/environment.ts";
import { Place } from "../../../../shared/access/policy/errors.ts";
import { compileLiteral } from "../../../../shared/access/policy/literal.ts";
import { compilePolicy } from "../../../../shared/access/policy/policy.ts";
import { PolicySet } from "../../../../shared/access/policy/policy-set.ts";
import { linkTemplate } from "../../../../shared/access/policy/template.ts";
import { type CedarRecord, EntityUid, isRecord } from "../../../../shared/access/policy/values.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { Generator } from "./random-policies.ts";

/** Our compiled evaluator against Cedar itself: decision, determining policies, erring policies. */

const CASES = drawn(4_000, 100_000);
const POLICIES_PER_CASE = 4;

type Templates = readonly ReturnType<Generator["template"]>[];
type World = ReturnType<Generator["world"]>;
type Uid = { readonly type: string; readonly id: string };

describe("the compiled evaluator agrees with Cedar", () => {
  it(`in ${CASES} random cases that cover every operator, by ${bySeed}`, { timeout: 1_800_000 }, () => {
    const generator = new Generator(SEED);
    const decisions = { allow: 0, deny: 0, erring: 0 };
    for (let n = 0; n < CASES; n++) {
      const policies = Object.fromEntries(
        Array.from({ length: POLICIES_PER_CASE }, (_, i) => [`p${i}`, generator.policy()]),
      );
      const templates = generator.chance(0.25) ? [generator.template()] : [];
      const world = generator.world();
      const request = {
        principal: generator.uid(),
        action: { type: "Action", id: generator.pick(["read", "write"]) },
        resource: generator.uid(),
      };
      const expected = byCedar(policies, templates, world, request);
      const actual = byUs(policies, templates, world, request);
      const given = JSON.stringify({ policies, templates, world, request });
      expect(actual, `case ${n}: ${given}`).toEqual(expected);
      decisions[expected.decision]++;
      if (expected.erring.length > 0) decisions.erring++;
    }
    expect(decisions.allow).toBeGreaterThan(CASES / 20);
    expect(decisions.deny).toBeGreaterThan(CASES / 20);
    expect(decisions.erring).toBeGreaterThan(CASES / 20);
    expect([...generator.seen.keys()].sort()).toEqual(OPERATORS);
    expect(Math.min(...generator.seen.values())).toBeGreaterThan(CASES / 400);
  });
});

const OPERATORS = [
  "!",
  "!=",
  "&&",
  "*",
  "+",
  "-",
  ".",
  "<",
  "<=",
  "==",
  ">",
  ">=",
  "Record",
  "Set",
  "action ==",
  "action in",
  "action in set",
  "contains",
  "containsAll",
  "containsAny",
  "datetime",
  "decimal",
  "duration",
  "durationSince",
  "getTag",
  "greaterThan",
  "greaterThanOrEqual",
  "has",
  "has path",
  "hasTag",
  "if-then-else",
  "in",
  "ip",
  "is",
  "is in",
  "isEmpty",
  "isInRange",
  "isIpv4",
  "isIpv6",
  "isLoopback",
  "isMulticast",
  "lessThan",
  "lessThanOrEqual",
  "like",
  "neg",
  "offset",
  "scope ==",
  "scope All",
  "scope in",
  "scope is",
  "scope isIn",
  "slot ==",
  "slot in",
  "slot isIn",
  "toDate",
  "toDays",
  "toHours",
  "toMilliseconds",
  "toMinutes",
  "toSeconds",
  "toTime",
  "||",
].sort();

function byCedar(
  policies: Readonly<Record<string, unknown>>,
  templates: Templates,
  world: World,
  request: Record<"principal" | "action" | "resource", Uid>,
) {
  const answer = isAuthorized({
    ...request,
    context: world.context,
    entities: world.entities,
    policies: {
      staticPolicies: policies,
      templates: Object.fromEntries(templates.map(({ template }, i) => [`t${i}`, template])),
      templateLinks: templates.map(({ slots }, i) => ({
        templateId: `t${i}`,
        newId: `linked${i}`,
        values: Object.fromEntries(Object.entries(slots).map(([name, uid]) => [`?${name}`, uid])),
      })),
    },
  } as unknown as Parameters<typeof isAuthorized>[0]) as AuthorizationAnswer;
  if (answer.type === "failure")
    throw new Error(`${JSON.stringify(answer.errors)} for ${JSON.stringify(policies)}`);
  const { decision, diagnostics } = answer.response;
  return {
    decision: decision as "allow" | "deny",
    determining: [...diagnostics.reason].sort(),
    erring: diagnostics.errors.map(({ policyId }) => policyId).sort(),
  };
}

function byUs(
  policies: Readonly<Record<string, unknown>>,
  templates: Templates,
  world: World,
  request: Record<"principal" | "action" | "resource", Uid>,
) {
  const set = new PolicySet([
    ...Object.entries(policies).map(([id, json]) => compilePolicy(id, json)),
    ...templates.map(({ template, slots }, i) => compilePolicy(`linked${i}`, linkTemplate(template, slots))),
  ]);
  const { decision, determining, erroring } = set.decide(environmentOf(world, request));
  return { decision, determining: [...determining].sort(), erring: erroring.map(({ id }) => id).sort() };
}

function environmentOf(world: World, request: Record<"principal" | "action" | "resource", Uid>): Environment {
  const parents = new Map(
    world.entities.map(({ uid, parents: above }) => [uidOf(uid).key, above.map((one) => uidOf(one).key)]),
  );
  const entities = new Map<string, Entity>(
    world.entities.map((entity) => [
      uidOf(entity.uid).key,
      {
        attributes: recordOf(entity.attrs),
        tags: recordOf("tags" in entity ? entity.tags : {}),
        ancestors: ancestorsOf(uidOf(entity.uid).key, (key) => parents.get(key) ?? []),
      },
    ]),
  );
  const { principal, action, resource } = request;
  return {
    principal: uidOf(principal),
    action: uidOf(action),
    resource: uidOf(resource),
    context: recordOf(world.context),
    entities,
  };
}

const uidOf = ({ type, id }: Uid) => new EntityUid(type, id);

function recordOf(json: unknown): CedarRecord {
  const value = compileLiteral(json, new Place()).constant;
  if (value === undefined || !isRecord(value)) throw new Error("not a record");
  return value;
}
