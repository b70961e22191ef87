import { beforeAll, describe, expect, test } from "vitest";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";

/** Questions about rules between nodes, from the API to the object that compiles configs. */

let world: World;
let web: TestNode;
let db: TestNode;
let desk: TestNode;

beforeAll(async () => {
  world = await openWorld();
  web = await world.member({ tags: ["web"] });
  db = await world.member({ tags: ["db"] });
  desk = await world.member({ tags: ["desk"] });
  await world.admin.call("microsegments.create", {
    body: { name: "databases", type: "application", where: "app.postgres >= 15" },
  });
  const params = { node: db.id };
  const { etag } = await world.admin.call("nodes.get", { params });
  await world.admin.call("nodes.update", {
    params,
    body: { facts: { "app.postgres": "16.2" } },
    ifMatch: etag ?? "",
  });
  const rule = (name: string, from: string, to: string, traffic: string, more: object = {}) =>
    world.admin.call("meshRules.create", {
      body: { name, from: [from], to: [to], traffic: [traffic], ...more },
    });
  await rule("web to databases", "tag:web", "segment:databases", "tcp/5000-6000");
  await rule("no admin port", "any", "segment:databases", "tcp/5900", { effect: "deny" });
  await rule("late", "tag:desk", "tag:db", "tcp/443", { notBefore: Date.now() + 3_600_000 });
});

const why = async (from: string, to: string, traffic?: string, at?: number) =>
  (
    await world.admin.call("mesh.why", {
      query: { from, to, ...(traffic && { traffic }), ...(at && { at }) },
    })
  ).data;

describe("mesh.why", () => {
  test("names the rule that decides, the facts and microsegments it rests on, and where it is enforced", async () => {
    const answer = await why(web.name, db.name, "tcp/5432");
    expect(answer).toMatchObject({
      verdict: "allowed",
      passing: ["tcp/5432"],
      causes: [],
      rules: [{ name: "web to databases", decides: true, from: ["tag:web"], to: ["segment:databases"] }],
      enforcedAt: [
        { name: web.name, lets: "all" },
        { name: db.name, lets: "all" },
      ],
      memberships: [
        {
          name: db.name,
          microsegment: "databases",
          belonging: "full",
          tests: [{ value: "16.2", source: "administrator" }],
        },
      ],
      missing: [],
    });
  });

  test("says of a denial which rule denies, or what would have to hold", async () => {
    const denied = await why(web.id, db.name, "tcp/5900");
    expect(denied).toMatchObject({
      verdict: "denied",
      causes: [{ kind: "denied" }],
      enforcedAt: [{ lets: "nothing" }, {}],
    });
    expect(denied.causes[0]?.detail).toBe(
      "The rule no admin port denies tcp/5900. What one rule denies no other allows.",
    );
    const { causes } = await why(desk.name, db.name, "tcp/5432");
    expect(causes).toMatchObject([{ kind: "no_rule" }]);
    expect(causes[0]?.remedy).toContain("tag:web");
    const { data } = await world.admin.call("nodes.get", { params: { node: db.id } });
    const part = await why(web.name, data.ipv4);
    expect(part).toMatchObject({ verdict: "partly", passing: ["tcp/5000-5899,5901-6000"] });
  });

  test("is asked for a moment, and names the next one at which a rule changes it", async () => {
    const now = await why(desk.name, db.name, "tcp/443");
    expect(now).toMatchObject({ verdict: "denied", causes: [{ kind: "not_now" }] });
    expect(now.changesAt).toBeGreaterThan(now.at);
    expect(await why(desk.name, db.name, "tcp/443", now.changesAt ?? 0)).toMatchObject({
      verdict: "allowed",
    });
  });

  test("refuses an end that is nothing, and traffic that is none, with what is wrong", async () => {
    await expect(why("nobody", db.name)).rejects.toMatchObject({
      problem: { status: 404, code: "not_found" },
    });
    await expect(why(web.name, "203.0.113.7")).rejects.toMatchObject({ problem: { status: 404 } });
    await expect(why(web.name, db.name, "tcp/99999")).rejects.toMatchObject({
      problem: { code: "invalid_input" },
    });
  });
});

describe("mesh.reach", () => {
  const reach = async (query: object) => (await world.admin.call("mesh.reach", { query })).data;

  test("lists who can reach a node and what a node can reach, page by page, counted by segment and tag", async () => {
    const other = await world.member({ tags: ["web"] });
    const found = await reach({ to: db.name, traffic: "tcp/5432" });
    expect(found).toMatchObject({ total: 2, next: null });
    expect(found.items.map(({ node }) => node).sort()).toEqual([web.id, other.id].sort());
    expect(found.groups).toContainEqual({ kind: "tag", name: "web", nodes: 2 });
    const first = await reach({ to: db.name, limit: 1 });
    const second = await reach({ to: db.name, limit: 1, cursor: first.next });
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(
      found.items.map(({ name }) => name),
    );
    expect(await reach({ from: web.name })).toMatchObject({
      total: 1,
      items: [{ name: db.name, traffic: ["tcp/5000-5899,5901-6000"] }],
    });
    expect(await reach({ to: db.name, traffic: "udp/53" })).toMatchObject({ total: 0, items: [] });
    await expect(reach({})).rejects.toMatchObject({ problem: { code: "invalid_input" } });
  });
});
