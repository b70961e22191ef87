import { beforeAll, describe, expect, test } from "vitest";
import type { Body } from "../../../shared/api/endpoints.ts";
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

describe("mesh.difference", () => {
  const difference = async (body: Body<"mesh.difference">) =>
    (await world.admin.call("mesh.difference", { body })).data;

  test("says of a draft of a rule exactly which pairs gain and lose, with a packet each, and changes nothing", async () => {
    const opened = await difference({
      rule: { from: ["tag:desk"], to: ["tag:db"], traffic: ["tcp/5900-5901"] },
    });
    expect(opened).toMatchObject({
      ...{ gaining: 1, losing: 0, more: 0, crowded: [], notes: [] },
      changes: [
        {
          from: { nodes: 1, example: { name: desk.name } },
          to: { words: expect.arrayContaining(["tag:db", "segment:databases"]) },
          gained: [{ from: [], to: [], traffic: ["tcp/5901"] }],
          gains: { traffic: "tcp/5901", from: { node: desk.id }, to: { node: db.id } },
        },
      ],
    });
    const denied = await difference({ rule: { rule: "no admin port", deleted: true } });
    expect(denied).toMatchObject({
      gaining: 2,
      losing: 0,
      changes: [{ pairs: 2, gained: [{ traffic: ["tcp/5900"] }] }],
    });
    const narrowed = await difference({ rule: { rule: "web to databases", traffic: ["tcp/5432"] } });
    expect(narrowed.changes[0]?.lost[0]?.traffic).toEqual(["tcp/5000-5431,5433-5899,5901-6000"]);
    expect(await why(web.name, db.name, "tcp/5433")).toMatchObject({ verdict: "allowed" });
  });

  test("looks at a rule of later at the first moment at which it holds", async () => {
    const notBefore = Date.now() + 7_200_000;
    const later = await difference({
      rule: { from: ["tag:desk"], to: ["tag:web"], traffic: ["icmp"], notBefore },
    });
    expect(later).toMatchObject({ at: notBefore, gaining: 2 });
  });

  test("says of a microsegment what leaving it takes, and of a document what its rules, nodes and microsegments do", async () => {
    const left = await difference({
      microsegment: { microsegment: "databases", where: "app.postgres >= 17" },
    });
    expect(left).toMatchObject({ gaining: 0, losing: 2 });
    const strict = await difference({ microsegment: { microsegment: "databases", isolation: "quarantine" } });
    expect(strict).toMatchObject({ gaining: 0, losing: 2 });
    const { document } = (await world.admin.call("network.export")).data;
    const rules = (document.meshRules ?? []).filter(({ name }) => name !== "web to databases");
    const after = { ...document, meshRules: rules };
    expect(await difference({ document: after })).toMatchObject({ gaining: 0, losing: 0 });
    expect(await difference({ document: after, prune: true })).toMatchObject({ gaining: 0, losing: 2 });
    const nodes = [{ name: desk.name, tags: ["desk", "web"] }];
    expect(await difference({ document: { version: 1, nodes } })).toMatchObject({ gaining: 1, losing: 0 });
    await expect(difference({})).rejects.toMatchObject({ problem: { code: "invalid_input" } });
    await expect(
      difference({ rule: { from: ["tag:x"], to: ["node:nobody"], traffic: ["tcp/1"] } }),
    ).rejects.toMatchObject({ problem: { code: "invalid_input" } });
  });
});

describe("mesh.check and mesh.matrix", () => {
  test("name rules without effect, and who reaches whom by group", async () => {
    await world.admin.call("meshRules.create", {
      body: { name: "narrow", from: ["tag:web"], to: ["segment:databases"], traffic: ["tcp/5432"] },
    });
    const { data: checked } = await world.admin.call("mesh.check");
    expect(checked.findings).toEqual([
      { kind: "shadowed", rule: expect.any(String), name: "narrow", by: ["web to databases"], sides: [] },
    ]);
    const { data: matrix } = await world.admin.call("mesh.matrix", { query: { axis: "tags" } });
    const place = (name: string) => matrix.groups.findIndex((group) => group.name === name);
    expect(matrix.cells).toEqual([
      {
        ...{ from: place("tag:web"), to: place("tag:db"), pairs: 2, of: 2 },
        ...{ some: ["tcp/5000-5899,5901-6000"], all: ["tcp/5000-5899,5901-6000"] },
      },
    ]);
    const { data: bySegment } = await world.admin.call("mesh.matrix", { query: { limit: 1 } });
    expect(bySegment).toMatchObject({ groups: [{ name: "segment:main", nodes: 4 }], more: 1 });
  });
});
