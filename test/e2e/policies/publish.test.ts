import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../../shared/protocol/client.ts";
import { signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ policies: [] });
});
afterAll(() => system.stop());

async function refused(source: string) {
  const error = await system.admin
    .call("policies.create", { body: { name: "refused", source } })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  return (error as ApiError).problem;
}

describe("publishing", () => {
  it.each([
    ["permit (principal, action, resource)\nwhen { context.nope };", 2, 8],
    ["// é ü\npermit (principal, action, resource)\n  when { context.nope };", 3, 10],
    ["permit (principal, action resource);", 1, 27],
    [
      "permit (principal, action, resource);\npermit (principal, action, resource) when { 1 + true > 0 };",
      2,
      49,
    ],
    [
      `// permit (principal, action, resource) when { 1 + true > 0 };
permit (principal, action, resource) when { context.request.path == "//" };
permit (principal, action, resource) when { 1 + true > 0 };`,
      3,
      49,
    ],
  ])("says in which line and column %j is wrong", async (source, line, column) => {
    const { code, issues } = await refused(source);
    expect(code).toBe("policy_invalid");
    expect(issues?.[0]).toMatchObject({ line, column });
  });

  it.each([
    `permit (principal == ?principal, action, resource);`,
    `@links("principal Users::'x'") permit (principal == ?principal, action, resource);`,
    `@links("resource App::'app'") permit (principal == ?principal, action, resource);`,
    `@links("nonsense") permit (principal == ?principal, action, resource);`,
  ])("refuses a template whose links do not fit: %s", async (source) => {
    const { code, issues } = await refused(source);
    expect(code).toBe("policy_invalid");
    expect(issues?.length).toBeGreaterThan(0);
  });

  it("links templates, and decisions name the link", async () => {
    await system.admin.call("policies.create", {
      body: {
        name: "shared",
        source: `// Who may use what, one by one.
@links("principal User::'alice@example.com', resource App::'app'; principal User::'bob@example.com', resource App::'other'")
permit (principal == ?principal, action, resource == ?resource);
forbid (principal, action, resource) when { context.request.path == "/closed" };`,
      },
    });
    const alice = await signIn(system);
    expect((await alice.send("/")).status).toBe(200);
    expect((await alice.send("/closed")).status).toBe(403);
    await expect(signIn(system, "alice", system.otherOrigin)).rejects.toThrow("403");
    const { data } = await system.admin.call("decisions.list", { query: { decision: "allow" } });
    expect(data.items[0]?.determining).toEqual(["shared#1.1"]);
    const cited = { id: "shared#1.1", policyName: "shared", version: 1, effect: "permit" };
    const explained = await system.admin.call("decisions.get", {
      params: { decision: data.items[0]?.id ?? "" },
    });
    expect(explained.data.policies).toMatchObject([cited]);
    const principal = { kind: "user", user: "alice@example.com" } as const;
    const tested = await system.admin.call("policies.test", {
      body: { principal, app: "app", method: "GET", path: "/" },
    });
    expect(tested.data.determining).toMatchObject([cited]);
    const { data: denials } = await system.admin.call("decisions.list", { query: { decision: "deny" } });
    expect(denials.items.map(({ determining }) => determining)).toContainEqual(["shared#2"]);
  });
});
