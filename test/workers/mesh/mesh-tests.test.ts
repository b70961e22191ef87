import { beforeAll, describe, expect, test } from "vitest";
import { breaksNoTest } from "../../../workers/hub/mesh-tests.ts";
import { watchMeshTests } from "../../../workers/hub/watch-mesh-tests.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { bindings } from "../hub/world.ts";

/** Tests of the rules between nodes, from the API and the document to a refusal, in workerd. */

let world: World;
let web: TestNode;
let db: TestNode;
beforeAll(async () => {
  world = await openWorld();
  [web, db] = [await world.member(), await world.member()];
  await set(web, { tags: ["web"] });
  await set(db, { tags: ["db"] });
});

async function set({ id }: TestNode, body: Record<string, unknown>) {
  const params = { node: id };
  const { etag } = await world.admin.call("nodes.get", { params });
  await world.admin.call("nodes.update", { params, body, ifMatch: etag ?? "" });
}

const rule = (name: string, more: Record<string, unknown> = {}) =>
  world.admin.call("meshRules.create", {
    body: { name, from: ["tag:web"], to: ["tag:db"], traffic: ["tcp/5432"], ...more },
  });
const state = async (id: string) =>
  (await world.admin.call("meshTests.get", { params: { meshTest: id } })).data.failing;

describe("a test of rules", () => {
  test("that comes in while a rule is judged is not passed over, be it the first one or another", async () => {
    for (const name of ["first", "another"]) {
      const guards = await breaksNoTest({ bindings, now: Date.now() }, {});
      await world.admin.call("meshTests.create", {
        body: { name, from: "tag:web", deny: ["tag:db tcp/22"] },
      });
      await expect(bindings.db.batch(guards)).rejects.toThrow(/guard:mesh_moved/);
    }
    await bindings.db.batch(await breaksNoTest({ bindings, now: Date.now() }, {}));
    await bindings.db.prepare("DELETE FROM mesh_tests").run();
  });

  test("refuses what breaks it, and names the test, the pair, the verdict and the rule", async () => {
    await expect(
      world.admin.call("meshTests.create", {
        body: { name: "work", from: "tag:web", accept: ["tag:db tcp/5432"] },
      }),
    ).rejects.toMatchObject({ status: 422, problem: { code: "mesh_test_failed" } });
    const { data: work } = await rule("work");
    const { data: made } = await world.admin.call("meshTests.create", {
      body: { name: "work", from: "tag:web", accept: ["tag:db tcp/5432"], deny: ["tag:db tcp/22"] },
    });
    expect(made).toMatchObject({
      from: "tag:web",
      accept: ["tag:db tcp/5432"],
      deny: ["tag:db tcp/22"],
      failing: null,
    });

    const opens = rule("too much", { traffic: ["tcp/1-1000"] });
    await expect(opens).rejects.toMatchObject({
      status: 422,
      problem: {
        code: "mesh_test_failed",
        detail: expect.stringContaining(
          `the test "work" fails: tag:web may not reach tag:db tcp/22, and ${web.name} reaches ${db.name}: the rule "too much" allows tcp/22`,
        ),
        issues: [{ path: "/meshTests/work/deny/0", code: "test_failed" }],
      },
    });
    await expect(rule("nothing", { effect: "deny", from: ["any"] })).rejects.toMatchObject({
      problem: { detail: expect.stringContaining('the rule "nothing" denies it') },
    });
    const params = { meshRule: work.id };
    const { etag } = await world.admin.call("meshRules.get", { params });
    await expect(world.admin.call("meshRules.delete", { params, ifMatch: etag ?? "" })).rejects.toMatchObject(
      {
        problem: { code: "mesh_test_failed", detail: expect.stringContaining("no rule allows all of it") },
      },
    );
    await expect(
      world.admin.call("meshRules.update", { params, ifMatch: etag ?? "", body: { enabled: false } }),
    ).rejects.toMatchObject({ problem: { code: "mesh_test_failed" } });
  });

  test("refuses a microsegment, and tags and facts of a node, that break it", async () => {
    const apart = { name: "apart", type: "device" as const, include: ["tag:web", "tag:db"] };
    await expect(
      world.admin.call("microsegments.create", { body: { ...apart, isolation: "strict" } }),
    ).rejects.toMatchObject({
      problem: { code: "mesh_test_failed", detail: expect.stringContaining("isolation of a microsegment") },
    });
    const other = await world.member();
    await rule("ssh", { from: ["tag:admin"], traffic: ["tcp/22"] });
    await expect(set(web, { tags: ["web", "admin"] })).rejects.toMatchObject({
      problem: { code: "mesh_test_failed" },
    });
    await world.admin.call("microsegments.create", {
      body: { name: "old", type: "device", where: "device.osVersion < 12", isolation: "quarantine" },
    });
    await expect(set(db, { facts: { "device.osVersion": "11" } })).rejects.toMatchObject({
      problem: { code: "mesh_test_failed" },
    });
    await set(other, { facts: { "device.osVersion": "11" } });
  });

  test("is an event when something else breaks it, and keeps no other change back until it is mended", async () => {
    const { data: made } = await world.admin.call("meshTests.create", {
      body: { name: "managed", from: `node:${web.name}`, accept: [`node:${db.name} tcp/5432`] },
    });
    await world.admin.call("microsegments.create", {
      body: {
        name: "infected",
        type: "device",
        where: 'device.stated has "infected"',
        isolation: "quarantine",
      },
    });
    const later = Date.now() + 120_000;
    const events = () =>
      Promise.all(["mesh_test.failed", "mesh_test.passed"].map((action) => world.recorded(action, made.id)));
    await watchMeshTests(bindings, later);
    expect([await state(made.id), await events()]).toEqual([null, [0, 0]]);
    await world.admin.call("nodes.state", {
      params: { node: web.id },
      body: { by: "edr", facts: ["infected"] },
    });
    await watchMeshTests(bindings, later + 120_000);
    expect(await state(made.id)).toContain(`${web.name} does not reach ${db.name}`);
    expect(await events()).toEqual([1, 0]);
    await rule("unrelated", { from: ["tag:other"], to: ["tag:other"] });
    await world.admin.call("nodes.state", { params: { node: web.id }, body: { by: "edr", facts: [] } });
    await watchMeshTests(bindings, later + 240_000);
    expect([await state(made.id), await events()]).toEqual([null, [1, 1]]);
  });

  test("keeps the microsegment that it names, and is run on demand", async () => {
    const { data: named } = await world.admin.call("microsegments.create", {
      body: { name: "empty", type: "device", include: ["tag:nobody"] },
    });
    await world.admin.call("meshTests.create", {
      body: { name: "none", from: "segment:empty", deny: ["any any"] },
    });
    const params = { microsegment: named.id };
    const { etag } = await world.admin.call("microsegments.get", { params });
    await expect(
      world.admin.call("microsegments.delete", { params, ifMatch: etag ?? "" }),
    ).rejects.toMatchObject({
      problem: { code: "in_use" },
    });
    const { data } = await world.admin.call("meshTests.run");
    expect(data.items.filter(({ name }) => name === "none" || name === "work")).toMatchObject([
      { name: "work", expects: "accept", target: "tag:db tcp/5432", result: "passed", detail: null },
      { name: "work", expects: "deny", target: "tag:db tcp/22", result: "passed" },
      {
        name: "none",
        from: "segment:empty",
        result: "idle",
        detail: expect.stringContaining("nothing was tried"),
      },
    ]);
  });
});

describe("a service in a target of a test", () => {
  const SERVICE = { name: "resolver", traffic: ["udp/53", "tcp/53"] };

  test("stands for its traffic as it is, comes with a document, and is not deleted", async () => {
    const document = {
      version: 1 as const,
      meshServices: [SERVICE, { name: "shell", traffic: ["tcp/22"] }],
      meshRules: [{ name: "resolve", from: ["tag:web"], to: ["tag:db"], traffic: ["service:resolver"] }],
      meshTests: [
        {
          name: "resolves",
          from: "tag:web",
          accept: ["tag:db service:resolver"],
          deny: ["tag:db service:shell"],
        },
      ],
    };
    const { data: planned } = await world.admin.call("network.plan", { body: { document } });
    const applied = await world.admin.call("network.apply", {
      body: { document, baseVersion: planned.baseVersion },
    });
    expect(applied.data).toBeDefined();
    const read = await world.admin.call("meshTests.get", { params: { meshTest: "resolves" } });
    expect(read.data.accept).toEqual(["tag:db service:resolver"]);
    const again = await world.admin.call("network.plan", { body: { document } });
    expect(again.data.steps).toEqual([]);

    const params = { meshService: "resolver" };
    const { etag } = await world.admin.call("meshServices.get", { params });
    const wider = { params, body: { traffic: ["udp/53", "tcp/53", "tcp/853"] }, ifMatch: etag ?? "" };
    await expect(
      world.admin.call("meshServices.update", { ...wider, body: { traffic: ["tcp/22"] } }),
    ).rejects.toMatchObject({
      problem: { code: "mesh_test_failed" },
    });
    await world.admin.call("meshServices.update", wider);
    const named = await world.admin.call("meshRules.get", { params: { meshRule: "resolve" } });
    await expect(
      world.admin.call("meshRules.update", {
        ...{ params: { meshRule: "resolve" }, body: { traffic: ["udp/53", "tcp/53"] } },
        ifMatch: named.etag ?? "",
      }),
    ).rejects.toMatchObject({ problem: { code: "mesh_test_failed" } });

    const { etag: shell } = await world.admin.call("meshServices.get", { params: { meshService: "shell" } });
    await expect(
      world.admin.call("meshServices.delete", { params: { meshService: "shell" }, ifMatch: shell ?? "" }),
    ).rejects.toMatchObject({ problem: { code: "in_use" } });
    await bindings.db.batch(
      ["mesh_tests", "mesh_rules", "mesh_services"].map((table) =>
        bindings.db.prepare(`DELETE FROM ${table}`),
      ),
    );
  });

  test("is refused where there is none", async () => {
    await expect(
      world.admin.call("meshTests.create", {
        body: { name: "ghost", from: "tag:web", deny: ["tag:db service:ghost"] },
      }),
    ).rejects.toMatchObject({ problem: { detail: expect.stringContaining("service:ghost names") } });
  });
});

test("the nodes' own addresses are no subnet, of IPv6 either, in a rule, a test and a document", async () => {
  const { data: node } = await world.admin.call("nodes.get", { params: { node: db.id } });
  const to = `subnet:${node.ipv6}/128`;
  const problem = { detail: expect.stringContaining("these are the addresses of nodes") };
  await expect(rule("overlay", { to: [to] })).rejects.toMatchObject({ status: 422, problem });
  const body = { name: "overlay", from: "tag:web", deny: [`${to} any`] };
  await expect(world.admin.call("meshTests.create", { body })).rejects.toMatchObject({ problem });
  const rules = [{ name: "overlay", from: ["tag:web"], to: [to], traffic: ["any"] }];
  const document = { version: 1 as const, meshRules: rules };
  await expect(world.admin.call("network.plan", { body: { document } })).rejects.toMatchObject({
    problem: { code: "invalid_input" },
  });
  // Another network's addresses may be behind a router.
  const { data: made } = await rule("other", { to: ["subnet:fd00:1::/64"] });
  expect(made.to).toEqual(["subnet:fd00:1::/64"]);
  await bindings.db.prepare("DELETE FROM mesh_rules WHERE id = ?").bind(made.id).run();
});

describe("tests of rules in a document", () => {
  const document = (meshRules: object[], meshTests: object[]) => ({
    version: 1 as const,
    meshRules,
    meshTests,
  });
  const plan = (body: object) =>
    world.admin.call("network.plan", { body } as Parameters<typeof world.admin.call<"network.plan">>[1]);

  test("are held against the network as it would be, refuse the publication, and are exported again", async () => {
    const open = { name: "doc", from: ["tag:web"], to: ["tag:db"], traffic: ["udp/53"] };
    const closed = { name: "no dns", from: "tag:web", deny: ["tag:db udp/53"] };
    await expect(plan({ document: document([open], [closed]) })).rejects.toMatchObject({
      problem: { code: "mesh_test_failed", detail: expect.stringContaining("despiteTests") },
    });
    const { data: forced } = await plan({ document: document([open], [closed]), despiteTests: true });
    expect(forced.steps.map(({ kind, name }) => [kind, name])).toEqual([
      ["meshRule", "doc"],
      ["meshTest", "no dns"],
    ]);
    const good = document([open], [{ name: "dns", from: "tag:web", accept: ["tag:db udp/53"] }]);
    const { data: planned } = await plan({ document: good });
    await world.admin.call("network.apply", {
      body: { document: good, baseVersion: planned.baseVersion },
    } as never);
    const { data: exported } = await world.admin.call("network.export");
    expect(exported.document.meshTests).toContainEqual({
      name: "dns",
      from: "tag:web",
      accept: ["tag:db udp/53"],
      deny: [],
    });
    const { data: again } = await plan({ document: exported.document });
    expect(again.steps).toEqual([]);
    const { data: idle } = await plan({
      document: document([], [{ name: "vain", from: "tag:nobody", deny: ["any any"] }]),
    });
    expect(idle.warnings).toEqual([expect.stringContaining("nothing was tried")]);
  });
});
