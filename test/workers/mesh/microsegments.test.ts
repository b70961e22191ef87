import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import type { ConfigAnswer } from "../../../shared/node/protocol/types.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { call } from "../hub/world.ts";

/** Microsegments from the API to the signed config of a node, in workerd. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

/** The nodes that the node may send something to, as its newest config says. */
async function reaches(node: TestNode): Promise<string[]> {
  const answer = await node.poll();
  expect(answer.status, answer.text).toBe(200);
  const { objects = [] } = answer.json<ConfigAnswer>();
  const documents = objects.map((text) =>
    JSON.parse(new TextDecoder().decode(fromBase64url(text) ?? undefined)),
  );
  return documents
    .flatMap((one) => (one.type === "peer" && one.outbound.length > 0 ? [one.node] : []))
    .sort();
}

const state = async ({ id }: TestNode, facts: Record<string, string>) => {
  const params = { node: id };
  const { etag } = await world.admin.call("nodes.get", { params });
  await world.admin.call("nodes.update", { params, body: { facts }, ifMatch: etag ?? "" });
};

const why = async (microsegment: string, { id }: TestNode) =>
  (await world.admin.call("microsegments.why", { params: { microsegment }, query: { node: id } })).data;

describe("a microsegment", () => {
  test("is named by rules like a home segment, and a stated fact moves a node into the signed config", async () => {
    const [web, db, other] = [await world.member(), await world.member(), await world.member()];
    const { data: made } = await world.admin.call("microsegments.create", {
      body: { name: "databases", type: "application", where: "app.postgres >= 15" },
    });
    expect(made).toMatchObject({
      isolation: "standard",
      unless: "",
      include: [],
      acceptsClaims: false,
      notes: [],
    });
    await world.admin.call("meshRules.create", {
      body: {
        name: "to databases",
        from: [`node:${web.name}`],
        to: ["segment:databases"],
        traffic: ["tcp/5432"],
      },
    });
    expect(await reaches(web)).toEqual([]);
    await state(db, { "app.postgres": "16.2" });
    expect(await reaches(web)).toEqual([db.id]);
    await state(other, { "app.postgres": "14" });
    expect(await reaches(web)).toEqual([db.id]);
    const { data } = await world.admin.call("microsegments.members", {
      params: { microsegment: "databases" },
    });
    expect(data.items.map(({ node, belonging, detail }) => ({ node, belonging, detail }))).toEqual([
      { node: db.id, belonging: "full", detail: "It is a member, since it meets the criterion." },
    ]);
    expect((await why("databases", other)).where).toEqual([
      {
        test: "app.postgres >= 15",
        fact: "app.postgres",
        source: "administrator",
        value: "14",
        holds: false,
      },
    ]);
    expect(await why("databases", web)).toMatchObject({
      belonging: "undecided",
      detail: "It is no member: nobody states app.postgres.",
    });
    await state(db, {});
    expect(await reaches(web)).toEqual([]);
  });

  test("has levels: open lets members reach each other, strict keeps them apart", async () => {
    const [a, b, helper] = [await world.member(), await world.member(), await world.member()];
    const include = [`node:${a.name}`, `node:${b.name}`];
    const { data: made } = await world.admin.call("microsegments.create", {
      body: { name: "lab", type: "device", isolation: "open", include },
    });
    const set = async (body: Record<string, unknown>) => {
      const { etag } = await world.admin.call("microsegments.get", { params: { microsegment: made.id } });
      await world.admin.call("microsegments.update", {
        params: { microsegment: made.id },
        body,
        ifMatch: etag ?? "",
      });
    };
    expect(await reaches(a)).toEqual([b.id]);
    await world.admin.call("meshRules.create", {
      body: { name: "lab to all", from: ["segment:lab"], to: ["any"], traffic: ["any"] },
    });
    await set({ isolation: "strict" });
    expect(await reaches(a)).not.toContain(b.id);
    expect(await reaches(a)).toContain(helper.id);
    await set({ isolation: "standard" });
    expect(await reaches(a)).toEqual(expect.arrayContaining([b.id, helper.id]));
  });
});

describe("what is refused", () => {
  const create = (body: Record<string, unknown>) =>
    call(world.token, "POST", "/microsegments", { body: { type: "user", ...body } });

  test("a name that a home segment or a microsegment has, in any case, also when both come at once", async () => {
    expect((await create({ name: "main" })).json).toMatchObject({ code: "conflict" });
    await world.admin.call("microsegments.create", { body: { name: "taken", type: "user" } });
    const segment = await call(world.token, "POST", "/segments", { body: { name: "Taken" } });
    expect(segment.json).toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("already has this name"),
    });
    const both = await Promise.all([
      create({ name: "racing" }),
      call(world.token, "POST", "/segments", { body: { name: "racing" } }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test.each([
    ['a"b', /\/name/],
    ["a\nb", /\/name/],
    ["a; drop", /\/name/],
    ["{ accept }", /\/name/],
    // The Cyrillic letter looks like the Latin one.
    ["fin\u0430nce", /even if they look alike/],
    ["Finance", /lower-case/],
  ])("the name %j", async (name, words) => {
    const { status, json } = await create({ name });
    expect(status).toBe(422);
    expect(JSON.stringify(json)).toMatch(words);
  });

  test("a criterion that is not of its type, reads no fact, or is none, and what only a quarantine has", async () => {
    expect((await create({ name: "x", where: 'place.country == "DE"' })).json.detail).toMatch(
      /of the type user/,
    );
    expect((await create({ name: "x", where: 'user.departmnt == "x"' })).json.detail).toMatch(
      /\/where: .*user\.department/,
    );
    expect((await create({ name: "x", remediation: ["tag:a"] })).json.detail).toMatch(/\/remediation/);
    expect((await create({ name: "x", include: ["any"] })).json.detail).toMatch(/\/include\/0/);
    expect((await create({ name: "x", include: ["node:nobody"] })).json.detail).toMatch(/no node nobody/);
  });

  test("to delete one that a rule names", async () => {
    await world.admin.call("microsegments.create", { body: { name: "named", type: "user" } });
    await world.admin.call("meshRules.create", {
      body: { name: "naming", from: ["segment:named"], to: ["any"], traffic: ["any"], enabled: false },
    });
    const { etag } = await world.admin.call("microsegments.get", { params: { microsegment: "named" } });
    const headers = { "if-match": etag ?? "" };
    const refused = await call(world.token, "DELETE", "/microsegments/named", { headers });
    expect(refused.json).toMatchObject({ code: "in_use" });
  });
});

describe("in a document", () => {
  test("a microsegment, the rule that names it and what is stated of a node come and go together", async () => {
    const node = await world.member();
    const plan = async (document: Record<string, unknown>) => {
      const body = { document: { version: 1, ...document } };
      const { json } = await call(world.token, "POST", "/network/plan", { body });
      return json as { baseVersion: string; steps: { action: string; kind: string; name: string }[] };
    };
    const document = {
      nodes: [{ name: node.name, facts: { "project.id": "apollo" } }],
      microsegments: [
        { name: "apollo", type: "project", where: 'project.id == "apollo"', exclude: [`node:${node.name}`] },
      ],
      meshRules: [{ name: "apollo", from: ["segment:apollo"], to: ["segment:main"], traffic: ["any"] }],
    };
    const { baseVersion, steps } = await plan(document);
    expect(steps.map(({ action, kind }) => `${action} ${kind}`)).toEqual([
      "update node",
      "create microsegment",
      "create meshRule",
    ]);
    const applied = await call(world.token, "POST", "/network/apply", {
      body: { document: { version: 1, ...document }, baseVersion },
    });
    expect(applied.status, JSON.stringify(applied.json)).toBe(200);
    expect((await plan(document)).steps).toEqual([]);
    expect(await why("apollo", node)).toMatchObject({ belonging: "none", listed: "exclude" });
    const { data } = await world.admin.call("meshRules.get", { params: { meshRule: "apollo" } });
    expect([data.from, data.to]).toEqual([["segment:apollo"], ["segment:main"]]);
  });
});
