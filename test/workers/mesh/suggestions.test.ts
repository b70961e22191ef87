import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { FlowReport } from "../../../shared/node/protocol/types.ts";
import { adapt } from "../../../workers/hub/suggestions/adapt.ts";
import { meshObject } from "../../../workers/platform/objects.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { bindings } from "../hub/world.ts";

/** Suggestions from the reports of nodes to microsegments and rules, in workerd. */

const DAY_MS = 86_400_000;
const PORTS = [5_432, 5_433, 5_434];
let world: World;
const webs: TestNode[] = [];
const dbs: TestNode[] = [];
let segment: string;

const flowOf = (direction: "in" | "out", peer: TestNode, more: Partial<FlowReport> = {}): FlowReport => ({
  direction,
  peer: peer.id,
  near: null,
  far: null,
  protocol: "tcp",
  port: 5_432,
  verdict: "allowed",
  count: 3,
  seenAt: Date.now(),
  ...more,
});

/** By several services, so that chance says little about how sure a role is. */
const flowsWith = (direction: "in" | "out", peers: readonly TestNode[], more: Partial<FlowReport> = {}) =>
  peers.flatMap((peer) => PORTS.map((port) => flowOf(direction, peer, { port, ...more })));

/** Lets the hub have heard all nodes for so many days. */
const heardFor = (days: number) =>
  runInDurableObject(meshObject(bindings, segment) as unknown as DurableObjectStub, (_, { storage }) => {
    storage.sql.exec("UPDATE flows SET since = ?", Date.now() - days * DAY_MS);
  });

const make = async (body: { segment?: string; days?: number } = {}) =>
  (await world.admin.call("suggestions.make", { body })).data;
const get = (suggestion: string) => world.admin.call("suggestions.get", { params: { suggestion } });
const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: { problem?: { code: string; detail: string } }) => error.problem ?? null,
  );
async function decide(
  how: "accept" | "reject" | "undo",
  suggestion: string,
  body: Record<string, unknown> = {},
) {
  const { etag } = await get(suggestion);
  const input = { params: { suggestion }, ifMatch: etag ?? "" };
  return how === "accept"
    ? (await world.admin.call("suggestions.accept", { ...input, body })).data
    : (await world.admin.call(`suggestions.${how}`, input)).data;
}
const rules = async () => (await world.admin.call("meshRules.list", {})).data.items;
const microsegments = async () => (await world.admin.call("microsegments.list", {})).data.items;

beforeAll(async () => {
  world = await openWorld();
  segment = (await world.admin.call("segments.get", { params: { segment: "main" } })).data.id;
  await world.admin.call("meshRules.create", {
    body: { name: "everybody", from: ["any"], to: ["any"], traffic: ["any"] },
  });
});
beforeAll(async () => {
  for (let count = 0; count < 3; count++) webs.push(await world.member({ tags: ["web"] }));
});
beforeAll(async () => {
  for (let count = 0; count < 3; count++) dbs.push(await world.member({ tags: ["db"] }));
});

describe("suggestions", () => {
  test("count no flow that one end alone reports, so no node speaks for a rule by itself", async () => {
    expect(await refusalOf(make())).toMatchObject({ code: "too_little_observed" });
    for (const web of webs) await web.report({ flows: flowsWith("out", dbs) });
    await heardFor(10);
    expect(await refusalOf(make())).toMatchObject({
      code: "too_little_observed",
      detail: expect.stringContaining("one end alone"),
    });
  });

  test("are refused while the hub hears nodes for too short a time, whatever times the nodes name", async () => {
    const long = { seenAt: Date.now() - 20 * DAY_MS };
    for (const db of dbs) await db.report({ flows: flowsWith("in", webs, long) });
    await heardFor(6);
    expect(await refusalOf(make())).toMatchObject({
      code: "too_little_observed",
      detail: expect.stringContaining("7 days"),
    });
    expect(await make({ days: 5 })).toMatchObject({ open: 1 });
    await heardFor(10);
    const [liar] = webs;
    await liar?.report({ flows: dbs.map((db) => flowOf("out", db, { port: 22 })) });
    expect(await make()).toMatchObject({ open: 1, turnedDown: 0, leftOut: { oneSided: 3, tooNew: 0 } });
  });

  test("say who the role is, what it rests on, what would break and what nobody used", async () => {
    const { data } = await get("db");
    expect(data).toMatchObject({
      state: "open",
      kind: "role",
      sure: true,
      basis: { flows: 27, nodes: 6, segment: null },
      microsegments: [
        { name: "db", exists: false, include: ["tag:db"], fit: "exact", members: 3 },
        { name: "web", exists: false, include: ["tag:web"], fit: "exact", members: 3 },
      ],
      rules: [
        {
          from: "web",
          to: "db",
          traffic: PORTS.map((port) => ({
            ...{ service: `tcp/${port}`, seen: 9, pairs: 9, widens: 0, sure: true },
          })),
        },
      ],
      breaks: { flows: 3, nodes: 1 },
      unused: [{ rule: "everybody", pairs: 15, used: 9 }],
      exposure: { before: { mean: 5, max: 5 }, after: { mean: 3, max: 3 } },
    });
    expect(data.breaks.items[0]).toMatchObject({ traffic: "tcp/22", reportedBy: ["source"] });
  });

  test("are shown as the difference that they would make, with the refusals of accepting and nothing done", async () => {
    const difference = (body: { replace?: string[]; despiteBreaks?: boolean; traffic?: string[] }) =>
      world.admin.call("mesh.difference", { body: { suggestion: { suggestion: "db", ...body } } });
    expect((await difference({})).data).toMatchObject({ gaining: 0, losing: 0 });
    expect(await refusalOf(difference({ replace: ["everybody"] }))).toMatchObject({
      code: "would_break_flows",
    });
    const { data } = await difference({ replace: ["everybody"], despiteBreaks: true });
    expect(data).toMatchObject({ gaining: 0, losing: 30 });
    // What the suggestion lets the three nodes of `web` open to the three of `db` stays.
    const whole = data.changes.filter(({ lost }) => lost.some(({ traffic }) => traffic.includes("any")));
    expect(whole.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(30 - 9);
    expect((await get("db")).data.state).toBe("open");
    expect((await rules()).map(({ name, enabled }) => [name, enabled])).toEqual([["everybody", true]]);
    expect(await microsegments()).toEqual([]);
  });

  test("refuse to switch off a rule that recorded traffic needs, and name that traffic", async () => {
    const refusal = await refusalOf(decide("accept", "db", { replace: ["everybody"] }));
    expect(refusal).toMatchObject({
      code: "would_break_flows",
      detail: expect.stringMatching(/^3 recorded flow\(s\) of 1 node\(s\).* tcp\/22/),
    });
    const { data } = await world.admin.call("meshTests.create", {
      body: { name: "ssh", from: "tag:web", accept: ["tag:db tcp/22"], deny: [] },
    });
    const insisting = { replace: ["everybody"], despiteBreaks: true };
    expect(await refusalOf(decide("accept", "db", insisting))).toMatchObject({ code: "mesh_test_failed" });
    await world.admin.call("meshTests.delete", { params: { meshTest: data.id }, ifMatch: '"1"' });
    expect(await microsegments()).toEqual([]);
  });

  test("become microsegments and rules in one change, which is taken back as one and stays away", async () => {
    const before = await rules();
    const accepted = await decide("accept", "db", { replace: ["everybody"], despiteBreaks: true });
    expect(accepted).toMatchObject({ state: "accepted", version: 2 });
    expect(await rules()).toMatchObject([
      { name: "everybody", enabled: false },
      {
        name: "web to db",
        from: ["segment:web"],
        to: ["segment:db"],
        traffic: PORTS.map((port) => `tcp/${port}`),
      },
    ]);
    expect((await microsegments()).map(({ name }) => name)).toEqual(["db", "web"]);
    expect(await world.recorded("suggestion.accept", accepted.id)).toBe(1);
    const { data: history } = await world.admin.call("history.list", {});
    expect(history.items[0]?.things).toHaveLength(4);
    expect(await make()).toMatchObject({ open: 0, turnedDown: 0 });

    await decide("undo", accepted.id);
    expect(await microsegments()).toEqual([]);
    const [{ version: _, updatedAt: __, ...after } = { version: 0, updatedAt: 0 }] = await rules();
    expect(before).toMatchObject([after]);
    expect(await rules()).toHaveLength(1);
    expect(await make()).toMatchObject({ open: 0, turnedDown: 1 });
  });

  test("return when something else is seen, can be changed as they are accepted, and are refused when stale", async () => {
    for (const web of webs) await web.report({ flows: dbs.map((db) => flowOf("out", db, { port: 9_000 })) });
    for (const db of dbs) await db.report({ flows: webs.map((web) => flowOf("in", web, { port: 9_000 })) });
    await heardFor(10);
    expect(await make({ segment: "main" })).toMatchObject({ open: 1, turnedDown: 0 });
    const params = { node: dbs[0]?.id ?? "" };
    const { etag, data: node } = await world.admin.call("nodes.get", { params });
    const { etag: untagged } = await world.admin.call("nodes.update", {
      params,
      body: { tags: [] },
      ifMatch: etag ?? "",
    });
    expect(await refusalOf(decide("accept", "db"))).toMatchObject({ code: "suggestion_stale" });
    await world.admin.call("nodes.update", { params, body: { tags: ["db"] }, ifMatch: untagged ?? "" });
    const include = [`node:${node.name}`];
    await decide("accept", "db", { name: "ledger", include, traffic: ["tcp/9000"] });
    expect((await microsegments()).map(({ name, include }) => [name, include])).toEqual([
      ["ledger", include],
      ["web", ["tag:web"]],
    ]);
    expect((await rules())[1]).toMatchObject({ name: "web to ledger", traffic: ["tcp/9000"] });
  });

  test("narrow a rule to what was used of it, unless it was changed or a flow came up since, and give it back exactly", async () => {
    const service = { name: "all-tcp", traffic: ["tcp/1-65535"] };
    await world.admin.call("meshServices.create", { body: service });
    const { etag: ruleTag } = await world.admin.call("meshRules.get", { params: { meshRule: "everybody" } });
    await world.admin.call("meshRules.update", {
      ...{ params: { meshRule: "everybody" }, ifMatch: ruleTag ?? "" },
      body: { traffic: ["any", "service:all-tcp"] },
    });
    await env.DB.prepare("UPDATE mesh_rules SET updated_at = 0").run();
    expect(await make()).toMatchObject({ open: 2 });
    const before = (await rules())[0];
    const { data } = await get("narrow everybody");
    expect(data).toMatchObject({
      kind: "narrowing",
      narrowing: {
        rule: "everybody",
        before: ["any", "tcp/1-65535"],
        after: ["tcp/22,5432-5434,9000"],
        days: 10,
        pairs: 30,
        used: 9,
      },
    });
    // A service that permits less by now must not get back what was left of it when it permitted more.
    const [stays, shrinks] = [service.traffic, ["udp/53"]];
    for (const traffic of [shrinks, stays]) {
      const params = { meshService: service.name };
      const { etag } = await world.admin.call("meshServices.get", { params });
      await world.admin.call("meshServices.update", { params, body: { traffic }, ifMatch: etag ?? "" });
      if (traffic === shrinks)
        expect(await refusalOf(decide("accept", data.id))).toMatchObject({ code: "suggestion_stale" });
    }
    const [web] = webs;
    await web?.report({ flows: dbs.map((db) => flowOf("out", db, { port: 443 })) });
    expect(await refusalOf(decide("accept", data.id))).toMatchObject({ code: "would_break_flows" });
    await make();
    expect(await decide("accept", "narrow everybody")).toMatchObject({ state: "accepted" });
    expect((await rules())[0]).toMatchObject({ enabled: true, traffic: ["tcp/22,443,5432-5434,9000"] });
    // Nor does taking back give what a service means only since then.
    const extended = { params: { meshService: service.name }, ifMatch: "" };
    extended.ifMatch = (await world.admin.call("meshServices.get", extended)).etag ?? "";
    await world.admin.call("meshServices.update", { ...extended, body: { traffic: ["tcp", "udp"] } });
    expect(await refusalOf(decide("undo", "narrow everybody"))).toMatchObject({
      code: "precondition_failed",
    });
    await env.DB.prepare("UPDATE mesh_services SET version = version - 1, traffic = ?")
      .bind(JSON.stringify([{ protocol: "tcp", ports: [[1, 65_535]] }]))
      .run();
    await decide("undo", "narrow everybody");
    const after = (await rules())[0];
    expect(after).toMatchObject({
      ...before,
      version: (before?.version ?? 0) + 2,
      updatedAt: after?.updatedAt,
    });
    await env.DB.prepare("UPDATE mesh_rules SET updated_at = 0").run();
    expect(await make()).toMatchObject({ open: 1 });
  });

  test("are judged by what is used, denied and within reach of a member", async () => {
    const [web, db] = [webs[0], dbs[0]];
    if (web && db) await db.report({ flows: [flowOf("in", web, { verdict: "denied", port: 23 })] });
    const { items, since } = (await world.admin.call("microsegments.effectiveness")).data;
    expect(since).not.toBeNull();
    expect(items.map(({ name, kind }) => [name, kind])).toEqual([
      ["ledger", "microsegment"],
      ["web", "microsegment"],
      ["main", "home"],
    ]);
    expect(items[0]).toMatchObject({
      ...{ members: 1, measured: 1, inbound: { pairs: 5, used: 3 }, outbound: { pairs: 5, used: 0 } },
      deniedIn: { flows: 1, nodes: 1, connections: 3 },
      deniedOut: { flows: 0 },
      reach: { today: { mean: 5, max: 5 }, used: { mean: 0, max: 0 }, through: { mean: 5, max: 5 } },
      rules: { total: 2, hit: null },
    });
    expect(items[1]).toMatchObject({ outbound: { pairs: 15, used: 9 }, deniedOut: { flows: 1 } });
    expect(items[2]).toMatchObject({ members: 6, deniedIn: { flows: 0 } });
  });

  test("narrow rules by themselves once that is on, say so, and give back what an attempt shows to be needed", async () => {
    await env.DB.prepare("UPDATE mesh_rules SET updated_at = 0").run();
    const { data: ledger } = await world.admin.call("meshRules.get", {
      params: { meshRule: "web to ledger" },
    });
    await world.admin.call("meshRules.create", {
      body: { name: "office", from: ["tag:db"], to: ["tag:web"], traffic: ["tcp/1-1000"] },
    });
    await env.DB.prepare("UPDATE mesh_rules SET updated_at = 0").run();
    await heardFor(10);
    const set = async (body: Record<string, unknown>) => {
      const { etag } = await world.admin.call("network.get");
      await world.admin.call("network.update", { body, ifMatch: etag ?? "" });
    };
    await set({ adaptivePercent: 100, adaptiveDays: 10, adaptivePerDay: 1 });
    await adapt(bindings, Date.now());
    expect((await rules()).find(({ name }) => name === "office")).toMatchObject({ enabled: true });
    await set({ adaptive: true });
    await adapt(bindings, Date.now());
    await adapt(bindings, Date.now());
    const off = await rules();
    expect(off.find(({ name }) => name === "office")).toMatchObject({ enabled: false });
    expect(off.find(({ name }) => name === "web to ledger")).toEqual({ ...ledger, updatedAt: 0 });
    const { data } = await get("narrow office");
    expect(data).toMatchObject({ state: "accepted", decidedBy: "system" });
    expect(await world.recorded("suggestion.adapt", data.id)).toBe(1);

    const [web, db] = [webs[0], dbs[0]];
    if (web && db) {
      const attempt = { verdict: "denied" as const, port: 80, seenAt: Date.now() + 1_000 };
      await env.DB.prepare("UPDATE suggestions SET created_at = created_at - 1000").run();
      await db.report({ flows: [flowOf("out", web, attempt)] });
    }
    await adapt(bindings, Date.now());
    expect((await rules()).find(({ name }) => name === "office")).toMatchObject({
      ...{ enabled: true, traffic: ["tcp/1-1000"] },
    });
    expect((await get("narrow office")).data.state).toBe("undone");
    expect(await world.recorded("suggestion.return", data.id)).toBe(1);
    await env.DB.prepare("UPDATE mesh_rules SET updated_at = 0").run();
    await adapt(bindings, Date.now());
    expect((await rules()).find(({ name }) => name === "office")).toMatchObject({ enabled: true });
  });
});
