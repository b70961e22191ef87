import { beforeAll, describe, expect, it } from "vitest";
import type { Body } from "../../../shared/api/endpoints.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { bindings, call, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

type Tests = NonNullable<Body<"policies.create">["tests"]>;
type Document = Body<"network.plan">["document"];

const NETWORK: Document = {
  version: 1,
  segments: [{ name: "internal" }],
  users: [{ email: "ann@example.com" }, { email: "bob@example.com" }],
  groups: [{ name: "staff", users: ["ann@example.com"] }],
  apps: [
    {
      name: "wiki",
      host: "wiki.example.com",
      segment: "internal",
      upstreams: ["https://origin.example.net"],
    },
  ],
};
const OPEN = 'permit (principal in Group::"staff", action, resource == App::"wiki");';
const SHUT = 'forbid (principal, action, resource == App::"wiki");';
const user = (email: string) => ({ kind: "user" as const, user: email });
const reads = (email: string, expect: "allow" | "deny") => ({
  ...{ name: `${email} reads`, principal: user(email), app: "wiki", method: "GET", path: "/", expect },
});
const TESTS: Tests = [reads("ann@example.com", "allow"), reads("bob@example.com", "deny")];

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await apply(NETWORK);
});

async function apply(document: Document, extra: { despiteTests?: boolean; prune?: boolean } = {}) {
  const body = { document, ...extra };
  const plan = await call(token, "POST", "/network/plan", { body });
  if (plan.status !== 200) return plan;
  return call(token, "POST", "/network/apply", { body: { ...body, baseVersion: plan.json.baseVersion } });
}
const post = (path: string, body: unknown, version?: number) =>
  call(token, "POST", path, { body, ...(version ? { headers: { "if-match": `"${version}"` } } : {}) });
const show = async (name: string) => (await call(token, "GET", `/policies/${name}`)).json;

describe("the tests of a policy", () => {
  it("are stored with its version and asked when it is published", async () => {
    const made = await post("/policies", { name: "open", source: OPEN, tests: TESTS });
    expect(made).toMatchObject({ status: 201, json: { tests: TESTS } });

    const wrong = [reads("bob@example.com", "allow")];
    const refused = await post("/policies/open/versions", { source: OPEN, tests: wrong }, 1);
    expect(refused).toMatchObject({
      status: 422,
      json: { code: "policy_test_failed", issues: [{ path: "/tests/0", code: "test_failed" }] },
    });
    expect(refused.json.detail).toMatch(/"bob@example.com reads" expects allow.*no policy permits it/);
    expect(await show("open")).toMatchObject({ currentVersion: 1, tests: TESTS });
  });

  it("are kept by a new version that says nothing of them, and hold it to them", async () => {
    const refused = await post("/policies/open/versions", { source: OPEN.replace("staff", "nobody") }, 1);
    expect(refused.json).toMatchObject({ code: "policy_test_failed", issues: [{ path: "/tests/0" }] });
    const same = await post("/policies/open/versions", { source: `${OPEN}\n` }, 1);
    expect(same.json).toMatchObject({ currentVersion: 2, tests: TESTS });
  });

  it("are passed over only where whoever publishes says so", async () => {
    const source = OPEN.replace("staff", "nobody");
    const forced = await post("/policies/open/versions", { source, despiteTests: true }, 2);
    expect(forced.json).toMatchObject({ currentVersion: 3, tests: TESTS });
    const kept = await auditObject(bindings).query({ target: String(forced.json.id), limit: 1 });
    expect(kept.rows[0]?.entry).toMatchObject({
      action: "policy.publish",
      detail: { failedTests: [expect.stringContaining('"ann@example.com reads" expects allow')] },
    });
  });

  it("come back with the version that a rollback takes", async () => {
    const none = await post("/policies/open/versions", { source: OPEN, tests: [] }, 3);
    expect(none.json).toMatchObject({ currentVersion: 4, tests: [] });
    expect((await post("/policies/open/rollback", { number: 3 }, 4)).json).toMatchObject({
      code: "policy_test_failed",
    });
    expect((await post("/policies/open/rollback", { number: 2 }, 4)).json).toMatchObject({
      ...{ currentVersion: 5, tests: TESTS },
    });
  });

  it("are asked when it is switched on, with the policies that hold then", async () => {
    const off = {
      ...{ name: "shut", source: SHUT, enabled: false },
      tests: [reads("ann@example.com", "allow")],
    };
    expect((await post("/policies", off)).status).toBe(201);
    const on = await call(token, "PATCH", "/policies/shut", {
      ...{ body: { enabled: true }, headers: { "if-match": '"1"' } },
    });
    expect(on.json).toMatchObject({ code: "policy_test_failed" });
    expect(on.json.detail).toContain("forbidden by shut#1");
  });

  it("show nothing where what they name is not there, whatever they expect", async () => {
    for (const test of [
      reads("nobody@example.com", "deny"),
      { ...reads("ann@example.com", "deny"), app: "wki" },
    ]) {
      const refused = await post("/policies", { name: "lost", source: OPEN, tests: [test] });
      expect(refused.json).toMatchObject({ code: "policy_test_failed" });
      expect(refused.json.detail).toContain("not there");
    }
  });

  it("may speak of somebody who is only thought of", async () => {
    const principal = { kind: "somebody", groups: ["staff"] };
    const tests = [{ ...reads("x", "allow"), principal }];
    const body = { name: "draft", source: OPEN, tests };
    expect((await post("/policies/validate", body)).json).toMatchObject({ valid: true, failures: [] });
    const shut = await post("/policies/validate", { ...body, source: SHUT });
    expect(shut.json).toMatchObject({ valid: true, failures: [{ path: "/tests/0" }] });
  });

  it("S-A6: are bounded together with the policy for who only reads, as each of them asks all of it", async () => {
    const { json } = await post("/api-tokens", { name: "reader", role: "auditor" });
    const auditor = String(json.secret);
    const source = `${OPEN}\n//${"x".repeat(40_000)}`;
    const of = (count: number): Tests =>
      Array.from({ length: count }, () => ({
        ...reads("ann@example.com", "allow"),
        path: `/${"a".repeat(9_000)}`,
      }));
    const validate = async (who: string, count: number) =>
      (await call(who, "POST", "/policies/validate", { body: { source, tests: of(count) } })).status;
    expect([await validate(auditor, 2), await validate(auditor, 3), await validate(token, 3)]).toEqual([
      200, 403, 200,
    ]);
    const plan = async (count: number) => {
      const document = { ...NETWORK, policies: [{ name: "long", source, tests: of(count) }] };
      return (await call(auditor, "POST", "/network/plan", { body: { document } })).status;
    };
    expect([await plan(2), await plan(3)]).toEqual([200, 403]);
  });

  it("are at most 100", async () => {
    const tests = Array.from({ length: 101 }, () => reads("ann@example.com", "allow"));
    expect((await post("/policies", { name: "many", source: OPEN, tests })).status).toBe(422);
  });
});

describe("the tests of a policy in a document", () => {
  it("are exported, and are no change when nothing of them changed", async () => {
    const { json } = await call(token, "GET", "/network/document");
    expect(json).toMatchObject({
      document: { policies: [{ name: "open", tests: TESTS }, { name: "shut" }] },
    });
    const plan = await call(token, "POST", "/network/plan", { body: { document: json.document } });
    expect(plan.json).toMatchObject({ steps: [] });
    // Whoever writes a file puts the members in another order.
    const turned = TESTS.map((test) => Object.fromEntries(Object.entries(test).reverse()));
    const document = { version: 1, policies: [{ name: "open", source: `${OPEN}\n`, tests: turned }] };
    expect((await call(token, "POST", "/network/plan", { body: { document } })).json).toMatchObject({
      steps: [],
    });
  });

  it("are asked of the network as the document makes it", async () => {
    // Bob comes into the group by the same document.
    const members = {
      ...NETWORK,
      groups: [{ name: "staff", users: ["ann@example.com", "bob@example.com"] }],
    };
    const both = [reads("ann@example.com", "allow"), reads("bob@example.com", "allow")];
    const refused = await apply({ ...NETWORK, policies: [{ name: "open", source: OPEN, tests: both }] });
    expect(refused.json).toMatchObject({ code: "policy_test_failed" });
    const applied = await apply({ ...members, policies: [{ name: "open", source: OPEN, tests: both }] });
    expect(applied.status).toBe(200);
    expect(await show("open")).toMatchObject({ tests: both });
  });

  it("know the apps, people and nesting that come with it, and not what goes", async () => {
    const shop = {
      name: "shop",
      host: "shop.example.com",
      segment: "internal",
      upstreams: ["https://o.example.net"],
    };
    const source = 'permit (principal in Group::"top", action, resource == App::"shop");';
    const tests = [{ ...reads("new@example.com", "allow"), app: "shop" }];
    const document: Document = {
      version: 1,
      users: [{ email: "new@example.com" }],
      groups: [
        { name: "inner", users: ["new@example.com"] },
        { name: "top", groups: ["inner"] },
      ],
      apps: [...(NETWORK.apps ?? []), shop],
      policies: [{ name: "shop", source, tests }],
    };
    expect((await apply(document)).status).toBe(200);
    const gone = {
      version: 1 as const,
      apps: NETWORK.apps ?? [],
      policies: [{ name: "shop", source: `${source}\n` }],
    };
    expect((await apply(gone, { prune: true })).json).toMatchObject({ code: "policy_test_failed" });
  });

  it("are passed over where the document's caller says so", async () => {
    const wrong = [{ name: "open", source: OPEN, tests: [reads("ann@example.com", "deny")] }];
    expect((await apply({ version: 1, policies: wrong })).status).toBe(422);
    expect((await apply({ version: 1, policies: wrong }, { despiteTests: true })).status).toBe(200);
  });
});
