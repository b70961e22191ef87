import { describe, expect, it, vi } from "vitest";
import type { Environment } from "../../../../shared/access/policy/environment.ts";
import { compilePolicy } from "../../../../shared/access/policy/policy.ts";
import { PolicySet } from "../../../../shared/access/policy/policy-set.ts";
import { EntityUid } from "../../../../shared/access/policy/values.ts";
import { jsonOf } from "./support.ts";

/** What a decision costs, counted in looks at the request. */

class CountingUid extends EntityUid {
  reads = 0;
  constructor(type: string, id: string) {
    super(type, id);
    const { key } = this;
    Object.defineProperty(this, "key", {
      get: () => {
        this.reads++;
        return key;
      },
    });
  }
}

function decide(...sources: string[]) {
  const looks = { principal: 0, context: 0 };
  const element = new CountingUid("Group", "counted");
  const env: Environment = {
    get principal() {
      looks.principal++;
      return new EntityUid("User", "ann");
    },
    action: new EntityUid("Action", "read"),
    resource: new EntityUid("App", "wiki"),
    get context() {
      looks.context++;
      return new Map([["element", element]]);
    },
    entities: new Map([
      ['Action::"read', { attributes: new Map(), tags: new Map(), ancestors: new Set(['Action::"access']) }],
    ]),
  };
  const set = new PolicySet(sources.map((source, i) => compilePolicy(`p${i}`, jsonOf(source))));
  const { decision } = set.decide(env);
  return { decision, ...looks, reads: element.reads };
}

const when = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;

describe("P3: every sub-expression is evaluated once", () => {
  it.each([1, 4, 12])("the left side of `is … in`, %i deep", (depth) => {
    let left = "principal";
    for (let i = 0; i < depth; i++)
      left = `(if ${left} is User in User::"ann" then principal else principal)`;
    expect(decide(when(`${left} == principal`)).principal).toBe(depth + 2);
  });

  it.each([1, 4, 12])("the argument of a function, %i deep", (depth) => {
    const date = `(if context has element then datetime("2024-01-01") else datetime("2025-01-01"))`;
    const { decision, context } = decide(
      when(`${date}${".toDate()".repeat(depth)} == datetime("2024-01-01")`),
    );
    expect({ decision, context }).toEqual({ decision: "allow", context: 1 });
  });

  it("a policy that a request comes by twice", () => {
    const source = `permit (principal, action in [Action::"read", Action::"access"], resource)
      when { principal == User::"ann" };`;
    expect(decide(source)).toMatchObject({
      decision: "allow",
      principal: 1 + decide(when("true")).principal,
    });
  });
});

describe("P6: a set is keyed once, however often it is looked for", () => {
  const sets = (count: number) => Array.from({ length: count }, (_, i) => `[${i}]`).join(", ");
  /** Looks at the element, and texts of sets and records that were made: each of them sorts. */
  const costOf = (condition: string) => {
    const sorted = vi.spyOn(Array.prototype, "sort");
    const { reads } = decide(when(condition));
    const sorts = sorted.mock.contexts.filter((list) => (list as unknown[]).length > 1).length;
    sorted.mockRestore();
    return { reads, sorts };
  };

  it.each([
    ["containsAny", (n: number) => `[[context.element, 1, 2]].containsAny([${sets(n)}])`],
    [
      "containsAny of more",
      (n: number) => `[${sets(12)}, [context.element]].containsAny([${sets(n)}, [99]])`,
    ],
    [
      "containsAll",
      (n: number) => `[${sets(n)}, [context.element]].containsAll([[1], [2], [context.element]])`,
    ],
    ["contains", (n: number) => `[${sets(n)}].contains([context.element])`],
    ["records", (n: number) => `[{a: context.element}].containsAny([${sets(n)}, {a: 1}])`],
    [
      "nested records",
      (n: number) => `[[{a: {b: context.element}}]].containsAny([${sets(n)}, [{a: {b: 1}}]])`,
    ],
  ])("%s", (_name, condition) => {
    expect(costOf(condition(400))).toEqual(costOf(condition(20)));
  });
});
