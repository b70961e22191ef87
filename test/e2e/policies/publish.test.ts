import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localClient } from "../../../scripts/local/admin.ts";
import { ApiError } from "../../../shared/api/client.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
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
    ["permit (principal, action, resource)\nwhen { context.nope };", 2, 16],
    ["// é ü\npermit (principal, action, resource)\n  when { context.nope };", 3, 18],
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

describe("U19: what a decision says of the policies that made it", () => {
  /** Asks for a path that nobody else asks for, and returns how the request is explained once it is recorded. */
  const visit = async (caller: Attacker, path: string) => {
    const { status } = await caller.send(path);
    let id: string | undefined;
    await expect
      .poll(async () => {
        const { data } = await system.admin.call("decisions.list", { query: { path } });
        id = data.items[0]?.id;
        return id;
      })
      .toBeDefined();
    const { data } = await system.admin.call("decisions.get", { params: { decision: id ?? "" } });
    return { status, ...data };
  };
  const publish = async (policy: string, source: string) => {
    const { etag } = await system.admin.call("policies.get", { params: { policy } });
    await system.admin.call("policies.publish", {
      ...{ params: { policy }, body: { source }, ifMatch: etag ?? "" },
    });
  };

  it("a policy in shadow decides nothing, and what it would have decided is recorded", async () => {
    const { data: made } = await system.admin.call("policies.create", {
      body: {
        name: "draft",
        source: 'forbid (principal, action, resource) when { context.request.path like "/closing*" };',
        shadow: true,
      },
    });
    expect(made).toMatchObject({ enabled: false, shadow: true });
    const alice = await signIn(system);
    expect(await visit(alice, "/open")).not.toHaveProperty("shadow");
    expect(await visit(alice, "/closing/one")).toMatchObject({
      ...{ status: 200, decision: "allow", determining: ["shared#1.1"], versions: { shared: 1, draft: 1 } },
      ...{ policies: [{ id: "shared#1.1", version: 1 }] },
      shadow: { decision: "deny", determining: ["draft#1"] },
      shadowPolicies: [{ id: "draft#1", policyId: made.id, version: 1, effect: "forbid" }],
      reasons: expect.arrayContaining(["With the policies in shadow it would be denied by draft#1."]),
    });

    const { data: on } = await system.admin.call("policies.update", {
      ...{ params: { policy: "draft" }, body: { enabled: true }, ifMatch: '"1"' },
    });
    expect(on).toMatchObject({ enabled: true, shadow: false });
    const refused = await visit(alice, "/closing/two");
    expect(refused.status).toBe(403);
    await system.admin.call("policies.delete", { params: { policy: "draft" }, ifMatch: '"2"' });
    const { data } = await system.admin.call("decisions.get", { params: { decision: refused.id } });
    expect(data.policies).toMatchObject([
      { id: "draft#1", policyId: made.id, version: 1, currentVersion: null, effect: "forbid" },
    ]);
    const version = { params: { policy: made.id, number: "1" } };
    expect((await system.admin.call("policies.version", version)).data.source).toBe(made.source);
  });

  it("names the version that decided, also after the policy changed and was renamed", async () => {
    const alice = await signIn(system);
    const before = await visit(alice, "/before");
    const { data: shared } = await system.admin.call("policies.get", { params: { policy: "shared" } });
    await publish("shared", `${shared.source}\n// more`);
    await system.admin.call("policies.update", {
      ...{ params: { policy: "shared" }, body: { name: "common" }, ifMatch: '"2"' },
    });
    const { data } = await system.admin.call("decisions.get", { params: { decision: before.id } });
    expect(data.policies).toMatchObject([
      { id: "shared#1.1", policyId: shared.id, version: 1, currentVersion: 3, effect: "permit" },
    ]);
    expect((await visit(alice, "/after")).policies).toMatchObject([
      { id: "common#1.1", version: 3, currentVersion: 3 },
    ]);
  });
});

describe("S-A6: what the policies of one request cost", () => {
  const statement = "permit (principal, action, resource) when { context.time.hour == 1 };\n";
  const draft = (name: string, characters: number) => ({
    name,
    source: statement.repeat(Math.floor(characters / statement.length)),
  });
  const question = { principal: { kind: "anonymous" as const }, app: "app", method: "GET", path: "/" };

  it("is bounded in sum, and in bulk only for who writes policies", async () => {
    const { data: token } = await system.admin.call("apiTokens.create", {
      body: { name: "looker", role: "auditor" },
    });
    const auditor = localClient(system.hubOrigin, token.secret);
    const drafts = [draft("a", 40_000), draft("b", 40_000)];
    const asAuditor = auditor.call("policies.test", { body: { ...question, drafts } });
    await expect(asAuditor).rejects.toMatchObject({ problem: { code: "forbidden" } });
    const document = { version: 1 as const, policies: drafts };
    const plan = auditor.call("network.plan", { body: { document } });
    await expect(plan).rejects.toMatchObject({ problem: { code: "forbidden" } });
    const one = await auditor.call("policies.test", { body: { ...question, drafts: [draft("a", 40_000)] } });
    expect(one.data.decision).toBe("deny");
  });

  it("is bounded for each caller over time, and others pay nothing for it", async () => {
    const { data: token } = await system.admin.call("apiTokens.create", {
      body: { name: "busy", role: "auditor" },
    });
    const auditor = localClient(system.hubOrigin, token.secret);
    const broken = `permit (principal, action, resource) when { context.nope };`.padEnd(65_000);
    const sent = Array.from({ length: 6 }, () =>
      auditor.call("policies.validate", { body: { source: broken } }).then(
        ({ data }) => data.valid,
        (error: ApiError) => error.problem.code,
      ),
    );
    const answers = await Promise.all(sent);
    expect(answers.filter((answer) => answer === false)).toHaveLength(4);
    expect(answers.filter((answer) => answer === "rate_limited")).toHaveLength(2);
    const other = await system.admin.call("policies.validate", { body: { source: statement } });
    expect(other.data).toMatchObject({ valid: true, statements: 1 });
  });
});

describe("U7: the tester judges as the gateway does", () => {
  let alice: Attacker;
  beforeAll(async () => {
    await system.admin.call("policies.create", {
      body: {
        name: "rooms",
        source: `permit (principal == User::"alice@example.com", action, resource == App::"app");
forbid (principal, action, resource) when { context.request.path like "/admin*" };
forbid (principal, action == Action::"delete", resource) when { context.request.path like "/kept*" };`,
      },
    });
    alice = await signIn(system);
  });

  const ask = (path: string, method = "GET", headers: { name: string; value: string }[] = []) =>
    system.admin.call("policies.test", {
      body: { principal: { kind: "user", user: "alice@example.com" }, app: "app", method, path, headers },
    });

  it.each([
    ["/", 200, "policy"],
    ["/administer-not", 403, "policy"],
    ["//admin", 403, "policy"],
    ["/%61dmin", 403, "policy"],
    ["/x/../admin", 403, "policy"],
    ["/admin;v=1", 403, "policy"],
    ["/x;/../admin", 403, "policy"],
    ["/page;v=1?q=/admin", 200, "policy"],
    ["/closed/", 403, "policy"],
    ["/%2561dmin", 400, "invalid_target"],
    ["/a%2fb", 400, "invalid_target"],
    ["/.rustronaut/nothing", 404, "not_found"],
  ])("%s is %i for both (%s)", async (path, status, reason) => {
    const { data } = await ask(path);
    expect((await alice.send(path)).status, path).toBe(status);
    expect(data, path).toMatchObject({ decision: status === 200 ? "allow" : "deny", reason });
  });

  it("spells out what was judged, and what would be forwarded", async () => {
    const { data } = await ask("/x//%61/;v=1/?q=1");
    expect(data.forwarded).toBe("/x/a/;v=1/?q=1");
    expect(data.readings.map(({ path, isAlias }) => ({ path, isAlias }))).toEqual([
      { path: "/x/a/;v=1/", isAlias: false },
      { path: "/x/a/", isAlias: false },
      { path: "/x/a/;v=1", isAlias: true },
      { path: "/x/a", isAlias: true },
    ]);
    expect(data.reasons.join("\n")).toContain("/x/a/");
  });

  it("takes the override of a method where the app does", async () => {
    const headers = [{ name: "X-HTTP-Method-Override", value: "DELETE" }];
    expect((await ask("/kept", "POST", headers)).data.decision).toBe("allow");
    await change({ methodOverride: true });
    const { data } = await ask("/kept", "POST", headers);
    expect(data).toMatchObject({ decision: "deny", action: "delete" });
    expect(data.readings.map(({ action }) => action)).toEqual(["write", "delete"]);
    expect((await alice.send("/kept", ["X-HTTP-Method-Override: DELETE"], "POST")).status).toBe(403);
  });

  it("does not take for known what the gateway does not know", async () => {
    const body = { principal: { kind: "anonymous" }, app: "app", method: "GET", path: "/", risk: 90 };
    await expect(system.admin.call("policies.test", { body: body as never })).rejects.toMatchObject({
      problem: { code: "invalid_input" },
    });
  });

  it("says of callers that no policy is asked about them", async () => {
    const anyone = { principal: { kind: "anonymous" as const }, app: "app", method: "GET", path: "/" };
    const { data } = await system.admin.call("policies.test", { body: anyone });
    expect(data).toMatchObject({ decision: "deny", reason: "unauthenticated", readings: [], facts: null });
  });
});

async function change(settings: { readonly methodOverride?: boolean }) {
  const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
  await system.admin.call("apps.update", {
    params: { app: "app" },
    body: { settings },
    ...(etag ? { ifMatch: etag } : {}),
  });
}
