import { expect, it } from "vitest";
import { namedGroups } from "../../../../shared/access/policy/named-groups.ts";

it("G6: finds the groups that a policy names in its scope and its conditions", () => {
  const policy = {
    effect: "permit",
    principal: { op: "in", entity: { type: "Group", id: "scope" } },
    action: { op: "All" },
    resource: { op: "==", entity: { type: "App", id: "not a group" } },
    conditions: [
      {
        kind: "unless",
        body: {
          "||": {
            left: {
              in: {
                left: { Var: "principal" },
                right: { Value: { __entity: { type: "Group", id: "one" } } },
              },
            },
            right: {
              in: {
                left: { Var: "principal" },
                right: { Set: [{ Value: { __entity: { type: "Group", id: "two" } } }] },
              },
            },
          },
        },
      },
    ],
  };
  expect(namedGroups(policy)).toEqual(["scope", "one", "two"]);
});
