import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import { signStatement } from "../../../shared/node/protocol/statement.ts";
import type { ConfigAnswer } from "../../../shared/node/protocol/types.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";

/** Services and conditions of rules, from the API and the document to the signed config, in workerd. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

async function configOf(node: TestNode) {
  const answer = await node.poll();
  expect(answer.status, answer.text).toBe(200);
  const { objects = [] } = answer.json<ConfigAnswer>();
  return objects.map((text) => JSON.parse(new TextDecoder().decode(fromBase64url(text) ?? undefined)));
}

/** The nodes that the node may send something to. */
const reaches = async (node: TestNode): Promise<string[]> =>
  (await configOf(node))
    .flatMap((one) => (one.type === "peer" && one.outbound.length > 0 ? [one.node] : []))
    .sort();

/** The traffic of the rule as the node is told. */
const trafficOf = async (node: TestNode, rule: string) =>
  (await configOf(node))
    .filter(({ type }) => type === "component")
    .flatMap(({ rules }) => rules)
    .find(({ name }) => name === rule)?.traffic;

const rule = (name: string, from: TestNode, to: TestNode, more: object = {}) =>
  world.admin.call("meshRules.create", {
    body: { name, from: [`node:${from.name}`], to: [`node:${to.name}`], traffic: ["tcp/443"], ...more },
  });
const etagOf = async (service: string) =>
  (await world.admin.call("meshServices.get", { params: { meshService: service } })).etag ?? "";

describe("a service", () => {
  test("gives its traffic to the rules that name it, follows when it changes, and stays while a rule names it", async () => {
    const [a, b] = [await world.member(), await world.member()];
    await world.admin.call("meshServices.create", { body: { name: "web", traffic: ["tcp/443", "tcp/80"] } });
    const { data } = await rule("by service", a, b, { traffic: ["service:web", "udp/53"] });
    expect(data.traffic).toEqual(["service:web", "udp/53"]);
    const told = [
      { protocol: "udp", ports: [[53, 53]] },
      { protocol: "tcp", ports: [[443, 443]] },
      { protocol: "tcp", ports: [[80, 80]] },
    ];
    expect(await trafficOf(a, "by service")).toEqual(told);
    const params = { meshService: "web" };
    await world.admin.call("meshServices.update", {
      params,
      body: { traffic: ["tcp/8443"] },
      ifMatch: await etagOf("web"),
    });
    expect(await trafficOf(a, "by service")).toEqual([told[0], { protocol: "tcp", ports: [[8_443, 8_443]] }]);
    await expect(
      world.admin.call("meshServices.delete", { params, ifMatch: await etagOf("web") }),
    ).rejects.toMatchObject({ problem: { code: "in_use" } });
    await expect(
      world.admin.call("meshServices.update", {
        params,
        body: { name: "https" },
        ifMatch: await etagOf("web"),
      }),
    ).resolves.toMatchObject({ data: { name: "https" } });
    const { data: renamed } = await world.admin.call("meshRules.get", { params: { meshRule: data.id } });
    expect(renamed.traffic).toEqual(["service:https", "udp/53"]);
  });

  test("counts in tests of rules: a change of it that breaks one is refused", async () => {
    const [a, b] = [await world.member(), await world.member()];
    await world.admin.call("meshServices.create", { body: { name: "narrow", traffic: ["tcp/1"] } });
    await rule("narrowly", a, b, { traffic: ["service:narrow"] });
    await world.admin.call("meshTests.create", {
      body: {
        name: "narrow",
        from: `node:${a.name}`,
        accept: [`node:${b.name} tcp/1`],
        deny: [`node:${b.name} tcp/2`],
      },
    });
    const widens = world.admin.call("meshServices.update", {
      params: { meshService: "narrow" },
      body: { traffic: ["tcp/1-2"] },
      ifMatch: await etagOf("narrow"),
    });
    await expect(widens).rejects.toMatchObject({
      problem: {
        code: "mesh_test_failed",
        detail: expect.stringContaining('the rule "narrowly" allows tcp/2'),
      },
    });
  });

  test.each([
    [{ name: "Web", traffic: ["tcp/1"] }, "/name"],
    [{ name: 'w"; drop', traffic: ["tcp/1"] }, "/name"],
    [{ name: "wеb", traffic: ["tcp/1"] }, "/name"],
    [{ name: "cycle", traffic: ["service:web"] }, "/traffic/0"],
    [{ name: "back", traffic: ["tcp/9-1"] }, "/traffic/0"],
    [{ name: "none", traffic: [] }, "/traffic"],
    [{ name: "many", traffic: Array.from({ length: 9 }, (_, n) => `tcp/${n + 1}`) }, "/traffic"],
  ])("is refused where it is wrong: %j", async (body, path) => {
    await expect(world.admin.call("meshServices.create", { body })).rejects.toMatchObject({
      status: 422,
      problem: { issues: [expect.objectContaining({ path })] },
    });
  });
});

describe("a condition of a rule", () => {
  test("holds while others state what it asks for, and ends within one push", async () => {
    const [a, b] = [await world.member(), await world.member()];
    const { data } = await rule("compliant", a, b, { when: ' device.stated has "compliant" ' });
    expect(data.when).toBe('device.stated has "compliant"');
    expect(await reaches(a)).toEqual([]);
    const { data: asked } = await world.admin.call("mesh.why", {
      query: { from: a.name, to: b.name, traffic: "tcp/443" },
    });
    expect(asked.causes[0]?.remedy).toContain(
      `The rule compliant would allow it if ${a.name} met its condition: device.stated has "compliant"`,
    );
    expect(asked.memberships).toMatchObject([{ microsegment: "condition of compliant" }]);
    const states = (facts: string[]) =>
      world.admin.call("nodes.state", { params: { node: a.id }, body: { by: "mdm", facts } });
    await states(["compliant"]);
    expect(await reaches(a)).toEqual([b.id]);
    await states([]);
    expect(await reaches(a)).toEqual([]);
    await expect(rule("bad", a, b, { when: "device.stated is compliant" })).rejects.toMatchObject({
      problem: { issues: [expect.objectContaining({ path: "/when" })] },
    });
  });

  test("reads the risk of the owner", async () => {
    await world.admin.call("users.create", { body: { email: "rik@example.com" } });
    const [a, b] = [await world.member({ user: "rik@example.com" }), await world.member()];
    await rule("calm", a, b, { when: "user.risk < 50" });
    expect(await reaches(a)).toEqual([b.id]);
    await world.admin.call("risk.set", {
      params: { user: "rik@example.com" },
      body: { score: 60, halfLifeSeconds: 3_600 },
    } as never);
    expect(await reaches(a)).toEqual([]);
    await world.admin.call("risk.set", { params: { user: "rik@example.com" }, body: { score: 0 } } as never);
    expect(await reaches(a)).toEqual([b.id]);
  });

  test("is never met by a node's own word where the rule allows, and is where it denies", async () => {
    const [a, b, c] = [await world.member(), await world.member(), await world.member()];
    const when = 'claims.os == "debian"';
    await rule("claims", a, b, { when });
    await rule("all", a, c);
    await rule("no debian", a, c, { traffic: ["any"], effect: "deny", when });
    expect(await reaches(a)).toEqual([c.id]);
    const facts = await signStatement(
      "facts",
      a.hub.origin,
      {
        ...{ os: "linux", kernel: "6", agentVersion: "1.0.0", agentHash: "A".repeat(43), uptimeSeconds: 1 },
        ...{ diskEncrypted: true, firewall: null, osId: "debian", osVersion: "12", measuredAt: Date.now() },
      },
      a.signing,
    );
    await a.report({ facts });
    expect(await reaches(a)).toEqual([]);
  });

  test("comes back from a document as it was", async () => {
    const { data: exported } = await world.admin.call("network.export");
    expect(exported.document.meshServices?.map(({ name }) => name)).toEqual(["https", "narrow"]);
    expect(exported.document.meshRules).toContainEqual(
      expect.objectContaining({ name: "calm", when: "user.risk < 50" }),
    );
    const { data: plan } = await world.admin.call("network.plan", { body: { document: exported.document } });
    expect(plan.steps).toEqual([]);
    const document = {
      version: 1 as const,
      meshServices: [{ name: "new", traffic: ["udp/500", "udp/4500"] }],
      meshRules: [
        { name: "vpn", from: ["any"], to: ["tag:vpn"], traffic: ["service:new"], when: "known user.email" },
      ],
    };
    const { data: planned } = await world.admin.call("network.plan", { body: { document } });
    await world.admin.call("network.apply", { body: { document, baseVersion: planned.baseVersion } });
    const { data: rules } = await world.admin.call("meshRules.get", { params: { meshRule: "vpn" } });
    expect(rules).toMatchObject({ traffic: ["service:new"], when: "known user.email" });
    const unknown = {
      version: 1 as const,
      meshRules: [{ name: "x", from: ["any"], to: ["any"], traffic: ["service:nws"] }],
    };
    await expect(world.admin.call("network.plan", { body: { document: unknown } })).rejects.toMatchObject({
      problem: { detail: expect.stringContaining("service nws") },
    });
  });
});
