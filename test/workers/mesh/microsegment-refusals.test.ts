import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../shared/node/config/types.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { bindings, call } from "../hub/world.ts";

/** What the API takes for no microsegment: names that are taken, hostile text, criteria that are none, and too much of it. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
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

  test.each([
    ["segment", "segments", "seg_old"],
    ["group", "groups", "grp_old"],
  ] as const)(
    "a %s's name that could be taken for another one, however it comes",
    async (thing, things, old) => {
      const like = "m\u0430in";
      const refused = { code: "invalid_input", detail: expect.stringContaining(`The ${thing}'s name`) };
      const named = (body: Record<string, unknown>) => call(world.token, "POST", `/${things}`, { body });
      expect((await named({ name: like })).json).toMatchObject(refused);
      expect((await named({ name: like })).json).toMatchObject({
        detail: expect.stringContaining("several scripts"),
      });
      const apply = async (item: Record<string, unknown>) => {
        const { baseVersion } = (await world.admin.call("network.export")).data;
        const body = { document: { version: 1, [things]: [item] }, baseVersion };
        return (await call(world.token, "POST", "/network/apply", { body })).json;
      };
      expect(await apply({ name: like })).toMatchObject(refused);
      expect((await named({ name: "Büro" })).status).toBe(201);
      const change = async (path: string, version: number, body: Record<string, unknown>) =>
        (await call(world.token, "PATCH", path, { body, headers: { "if-match": `"${version}"` } })).json;
      expect(await change(`/${things}/B%C3%BCro`, 1, { name: like })).toMatchObject(refused);
      // One from before this was looked at keeps its name, and can be changed otherwise.
      await bindings.db
        .prepare(`INSERT INTO ${things} (id, name, version, created_at, updated_at) VALUES (?, ?, 1, 1, 1)`)
        .bind(old, like)
        .run();
      const path = `/${things}/${encodeURIComponent(like)}`;
      expect(await change(path, 1, { name: like, description: "old" })).toMatchObject({ description: "old" });
      expect(await apply({ name: like, description: "older" })).toMatchObject({ steps: [{ name: like }] });
      await bindings.db.prepare(`DELETE FROM ${things} WHERE id = ?`).bind(old).run();
    },
  );

  // Soft hyphen, zero-width joiner, direction marks, fillers, a tag character, and a letter in two parts.
  test.each([
    "a\u00adb",
    "a\u200db",
    "a\u061cb",
    "\u202ebad",
    "a\u2060b",
    "a\u3164",
    "a\u{e0041}",
    "cafe\u0301",
    "a\nb",
    "a\0b",
  ])("the text %j wherever a name or a line is taken", async (text) => {
    const rule = { name: "plain", from: ["any"], to: ["any"], traffic: ["tcp/1"] };
    const sent: [string, Record<string, unknown>][] = [
      ["/microsegments", { name: text, type: "user" }],
      ["/microsegments", { name: "plain", type: "user", include: [`user:${text}@example.com`] }],
      ["/microsegments", { name: "plain", type: "user", where: `user.title == "${text}"` }],
      ["/mesh/rules", { ...rule, name: text }],
      ["/mesh/rules", { ...rule, from: [`segment:${text}`] }],
      ["/mesh/rules", { ...rule, to: [`tag:${text}`] }],
      ["/segments", { name: text }],
    ];
    const isLineToo = text !== "cafe\u0301";
    if (isLineToo) sent.push(["/mesh/rules", { ...rule, owner: text }]);
    if (isLineToo) sent.push(["/microsegments", { name: "plain", type: "user", description: text }]);
    for (const [path, body] of sent) {
      const { status, json } = await call(world.token, "POST", path, { body });
      expect([path, JSON.stringify(body), status, json.code]).toEqual([
        path,
        JSON.stringify(body),
        422,
        "invalid_input",
      ]);
    }
  });

  test("100,000 members: a list takes 5,000, and more are a criterion", async () => {
    const named = (length: number) => Array.from({ length }, (_, n) => `user:u${n}@example.com`);
    const beyond = await create({ name: "everybody", include: named(5_001) });
    expect([beyond.status, beyond.json.code]).toEqual([422, "invalid_input"]);
    expect(JSON.stringify(beyond.json)).toMatch(/\/include/);
    const all = await create({ name: "everybody", include: named(100_000) });
    expect([all.status, all.json.code]).toEqual([413, "body_too_large"]);
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

describe("as many as a node's config takes", () => {
  const RULE = { from: ["any"], to: ["any"], traffic: ["tcp/1"], enabled: false };
  const create = (path: string, body: Record<string, unknown>) => call(world.token, "POST", path, { body });
  const fill = (many: number, traffic: string, services = "[]") =>
    bindings.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO mesh_rules (id, name, from_selectors, to_selectors, traffic, services, enabled, created_at, updated_at)
         SELECT 'filler_' || i, 'filler ' || i, '[]', '[]', ?2, ?3, 0, 0, 0 FROM n`,
      )
      .bind(many, traffic, services)
      .run();
  const clear = () => bindings.db.prepare("DELETE FROM mesh_rules WHERE id LIKE 'filler%'").run();
  const counted = () => bindings.db.prepare("SELECT count(*) FROM mesh_rules").first<number>("count(*)");

  test("rules and the levels of microsegments count together, in the API and in a document", async () => {
    const open = await bindings.db
      .prepare("SELECT count(*) AS n FROM microsegments WHERE isolation = 'open' OR remediation <> '[]'")
      .first<number>("n");
    await fill(LIMITS.rules - 1 - ((await counted()) ?? 0) - (open ?? 0), "[]");
    expect((await create("/microsegments", { name: "plain-one", type: "user" })).status).toBe(201);
    const both = await Promise.all([
      create("/mesh/rules", { ...RULE, name: "last" }),
      create("/microsegments", { name: "last", type: "user", isolation: "open" }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(both.find(({ status }) => status === 409)?.json.detail).toMatch(
      /at most 1024 rules, and each open/,
    );
    const document = { version: 1, meshRules: [{ ...RULE, name: "beyond" }] };
    const planned = await create("/network/plan", { document });
    expect([planned.status, planned.json.detail]).toEqual([409, expect.stringMatching(/at most 1024 rules/)]);
    const { etag } = await world.admin.call("microsegments.get", { params: { microsegment: "plain-one" } });
    const headers = { "if-match": etag ?? "" };
    const opened = await call(world.token, "PATCH", "/microsegments/plain-one", {
      headers,
      body: { isolation: "open" },
    });
    expect(opened.json.detail).toMatch(/at most 1024 rules/);
    const bounded = await call(world.token, "PATCH", "/microsegments/plain-one", {
      headers,
      body: { atMost: ["tcp/443"] },
    });
    expect(bounded.json.detail).toMatch(/at most 1024 rules/);
    await clear();
  });

  test("their bytes are bounded, too", async () => {
    await fill(
      200,
      JSON.stringify(
        Array.from({ length: 64 }, () => ({ protocol: "tcp", ports: Array(4).fill([1, 65_535]) })),
      ),
    );
    const refused = { code: "conflict", detail: expect.stringMatching(/larger than nodes take/) };
    expect((await create("/mesh/rules", { ...RULE, name: "one more" })).json).toMatchObject(refused);
    await clear();
    // So are those of the bounds of microsegments, which become rules.
    const bound = Array(LIMITS.objectBytes / 128).fill({ protocol: "tcp", ports: [[443, 443]] });
    await bindings.db.prepare("UPDATE microsegments SET at_most = ?").bind(JSON.stringify(bound)).run();
    expect((await create("/mesh/rules", { ...RULE, name: "one more" })).json).toMatchObject(refused);
    await bindings.db.prepare("UPDATE microsegments SET at_most = '[]'").run();
  });

  test("with the traffic of the services that they name, when a service grows and when one more rule names it", async () => {
    const ports = (entry: number) =>
      Array.from({ length: 20 }, (_, at) => `${10_000 + at * 10 + entry}`).join();
    const large = Array.from({ length: 8 }, (_, entry) => `tcp/${ports(entry)}`);
    const made = await create("/mesh/services", { name: "growing", traffic: ["tcp/1"] });
    await fill(300, "[]", JSON.stringify([made.json.id]));
    const refused = { code: "conflict", detail: expect.stringMatching(/larger than nodes take/) };
    const grown = await call(world.token, "PATCH", "/mesh/services/growing", {
      ...{ headers: { "if-match": '"1"' }, body: { traffic: large } },
    });
    expect(grown.json).toMatchObject(refused);
    const document = { version: 1, meshServices: [{ name: "growing", traffic: large }] };
    expect((await create("/network/plan", { document })).json).toMatchObject(refused);
    await bindings.db
      .prepare("UPDATE mesh_services SET traffic = ?")
      .bind(JSON.stringify(Array(8).fill({ protocol: "tcp", ports: Array(20).fill([10_000, 10_000]) })))
      .run();
    const named = await create("/mesh/rules", { ...RULE, name: "names it", traffic: ["service:growing"] });
    expect(named.json).toMatchObject(refused);
    await clear();
  });
});
