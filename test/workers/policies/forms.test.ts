import { beforeAll, describe, expect, it } from "vitest";
import { POLICY_TEMPLATES } from "../../../shared/access/policy/form/templates.ts";
import { textOf } from "../../../shared/access/policy/form/text.ts";
import { call, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
});

const validate = async (source: string) =>
  (await call(token, "POST", "/policies/validate", { body: { source } })).json;

describe("the form of a policy, in the hub", () => {
  it.each(POLICY_TEMPLATES.map((template) => [template.id, template] as const))(
    "takes the template %s and gives it back",
    async (_, { forms }) => {
      const given = forms({ app: "wiki", group: "staff" });
      expect(await validate(textOf(given))).toMatchObject({ valid: true, forms: given, onlyText: null });
    },
  );

  it("takes every field at once, in strict mode", async () => {
    const given = [
      {
        effect: "forbid" as const,
        who: {
          kind: "named" as const,
          groups: ["staff", 'quo"te\\'],
          users: ["ann@example.com"],
          serviceTokens: ["ci"],
        },
        app: "wiki",
        actions: ["read" as const, "connect" as const],
        paths: ["/admin", "/we*ird"],
        conditions: {
          memberOf: ["admins"],
          networks: ["203.0.113.0/24", "2001:db8::/32"],
          countries: ["DE"],
          notCountries: ["KP"],
          hours: { from: 22, to: 6 },
          weekdays: [1, 7],
          signedInWithin: 900,
          methods: ["mfa"],
        },
      },
    ];
    expect(await validate(textOf(given))).toMatchObject({ valid: true, forms: given });
  });

  it("says why a text is only text", async () => {
    const source = 'permit (principal, action, resource in Segment::"internal");';
    expect(await validate(source)).toMatchObject({
      ...{ valid: true, forms: null },
      onlyText: "Statement 1 says something that the form has no field for.",
    });
  });
});
