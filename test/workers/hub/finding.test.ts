import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuditLogRpc } from "../../../shared/audit/types.ts";
import { serveGateway } from "../../../workers/gateway/index.ts";
import type { Bindings } from "../../../workers/platform/env.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { answeredBy } from "../../support/objects.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, call, createNetwork } from "./world.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  for (const name of ["main", "lab"]) await post("/segments", { name, description: `${name} things` });
  for (const [name, segment, enabled] of [
    ["wiki", "main", true],
    ["bench", "lab", true],
    ["old", "lab", false],
  ] as const)
    await post("/apps", {
      ...{ name, title: name, host: `${name}.localhost`, segment, enabled },
      upstreams: ["https://up.example"],
    });
});

const post = (path: string, body: unknown) => call(token, "POST", path, { body });
const get = (path: string, through: Bindings = bindings) => call(token, "GET", path, { through });

/** What a list calls its items. */
const namesIn = async (path: string) => {
  const { status, json } = await get(path);
  expect(status, path).toBe(200);
  return (json.items as { name?: string; email?: string }[]).map(({ name, email }) => email ?? name);
};

async function gateway(url: string, through: Bindings, headers: Record<string, string> = {}) {
  const ctx = createExecutionContext();
  const request = new Request(url, { headers });
  const response = await serveGateway(request, through, ctx);
  await waitOnExecutionContext(ctx);
  return { status: response.status, text: await response.text() };
}

/** Bindings in which the registry can't be read. */
const withoutRegistry = (through: Bindings = bindings): Bindings => ({
  ...through,
  db: {
    prepare: () => {
      throw new Error("the registry is away");
    },
    batch: () => Promise.reject(new Error("the registry is away")),
  } as unknown as D1Database,
});

const NUMBER = /(dec|aud)_[0-9a-z]{26}/;
const PAGE = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

describe("U12: a number that a page or a problem document shows", () => {
  test("is none where nothing is recorded: an unknown host, a malformed request, a refusal of the API", async () => {
    const size = async () => (await auditObject(bindings).checkpoint()).size;
    const before = await size();
    const urls = [
      "http://nowhere.localhost/",
      "http://wiki.localhost/%zz",
      "http://wiki.localhost/.Rustronaut/",
    ];
    for (const url of urls) {
      const page = await gateway(url, bindings, PAGE);
      expect(page.status, url).toBeGreaterThanOrEqual(400);
      expect(page.text).not.toMatch(NUMBER);
      const problem = JSON.parse((await gateway(url, bindings)).text);
      expect(problem).not.toHaveProperty("request_id");
      expect(problem).not.toHaveProperty("decision_id");
    }
    const missing = await get("/apps/none");
    expect(missing).toMatchObject({ status: 404, json: { code: "not_found" } });
    expect(missing.json).not.toHaveProperty("request_id");
    // However often strangers ask, the log stays as it is.
    await Promise.all(Array.from({ length: 100 }, () => gateway("http://nowhere.localhost/", bindings)));
    expect(await size()).toBe(before);
  });

  test("of a failure leads to its record, by the one search and by the log's", async () => {
    const { status, json } = await get("/apps", withoutRegistry());
    expect(status).toBe(503);
    const number = String(json.request_id);
    expect(json.detail).toContain(number);
    const found = await get(`/search?q=${number}`);
    expect(found.json.groups).toMatchObject([{ kind: "event", items: [{ id: number }] }]);
    const listed = await get(`/audit?id=${number}`);
    expect(listed.json.items).toMatchObject([
      {
        entry: {
          action: "request.failed",
          detail: { part: "hub", method: "GET", path: "/api/v1/apps", error: "the registry is away" },
        },
      },
    ]);
    const broken: Bindings = {
      ...bindings,
      get authOrigin(): string {
        throw new Error("something broke");
      },
    };
    const page = await gateway("http://wiki.localhost/docs?secret=1", broken, PAGE);
    expect(page.status).toBe(503);
    const [shown = ""] = NUMBER.exec(page.text) ?? [];
    const entry = (await auditObject(bindings).get(shown))?.entry;
    expect(entry).toMatchObject({ target: "wiki.localhost", detail: { part: "gateway", path: "/docs" } });
    expect(JSON.stringify(entry)).not.toContain("secret");
  });

  test("is none where the log can't be reached", async () => {
    const append = () => Promise.reject(new Error("the log is away"));
    const through = { ...withoutRegistry(), AUDIT_LOG: answeredBy<AuditLogRpc>({ append }) };
    const { status, json } = await get("/apps", through);
    expect(status).toBe(503);
    expect(json).not.toHaveProperty("request_id");
    expect(json.detail).not.toMatch(NUMBER);
  });

  test("is none where there are too many: failures don't fill the log, and the next record counts them", async () => {
    const numbers: unknown[] = [];
    for (let n = 0; n < 80; n++) numbers.push((await get("/apps", withoutRegistry())).json.request_id);
    const shown = numbers.filter((number) => number !== undefined);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.length).toBeLessThan(80);
  });
});

describe("a list is filtered by the hub", () => {
  beforeAll(async () => {
    await post("/users", { email: "bob@example.com", name: "Bob" });
    await post("/users", { email: "notbob@example.com", role: "auditor" });
    await post("/groups", { name: "ops", description: "on call" });
    await call(token, "PUT", "/groups/ops/members/user/bob@example.com");
    await env.DB.prepare(
      `INSERT INTO user_risks (user_id, source, kind, score, at, half_life_seconds)
       SELECT id, 'scanner', 'set_by_hand', 40, 1, 86400 FROM users WHERE email IN ('bob@example.com', 'notbob@example.com')`,
    ).run();
    await post("/service-tokens", { name: "ci", groups: ["builders"] });
    await post("/policies", {
      name: "wiki-access",
      source: 'permit (principal, action, resource == App::"wiki");',
    });
  });

  test.each([
    ["/apps?segment=lab", ["bench", "old"]],
    ["/apps?segment=lab&enabled=false", ["old"]],
    ["/apps?search=WIKI", ["wiki"]],
    ["/users?role=auditor", ["notbob@example.com"]],
    ["/users?group=ops", ["bob@example.com"]],
    ["/groups?search=call", ["ops"]],
    ["/segments?search=lab", ["lab"]],
    ["/service-tokens?search=builders", ["ci"]],
    ["/policies?search=wiki", ["wiki-access"]],
    ["/policies?search=nothing", []],
    ["/api-tokens?search=root", ["root"]],
    ["/enrolment-keys?search=x", []],
    ["/mesh/rules?search=x", []],
    ["/identity-providers?search=x", []],
    ["/notifications?search=x", []],
    ["/risk?search=NOTBOB", ["notbob@example.com"]],
    ["/risk?search=zz", []],
  ])("%s", async (path, names) => expect(await namesIn(path)).toEqual(names));

  test.each([
    ["/apps/wikki", "There is no app called wikki. Did you mean wiki?"],
    [
      "/users/notbob@exmaple.com",
      "There is no user called notbob@exmaple.com. Did you mean notbob@example.com?",
    ],
    ["/users/notbob@", "There is no user called notbob@. Did you mean notbob@example.com?"],
    ["/groups/opps", "There is no group called opps. Did you mean ops?"],
    ["/segments/far-away", "There is no segment called far-away."],
    ["/policies/wiki", "There is no policy called wiki. Did you mean wiki-access?"],
    ["/service-tokens/cj", "There is no service token called cj. Did you mean ci?"],
    ["/nodes/x", "There is no node called x."],
    ["/mesh/rules/x", "There is no rule called x."],
    ["/enrolment-keys/x", "There is no enrolment key called x."],
    ["/identity-providers/x", "There is no identity provider called x."],
    ["/notifications/x", "There is no notification destination called x."],
    ["/reach/apps/wikki", "There is no app called wikki. Did you mean wiki?"],
  ])("%s is refused by its name, and by the nearest one that there is", async (path, detail) => {
    expect(await get(path)).toMatchObject({ status: 404, json: { detail } });
  });

  test("a segment or group that does not exist is said, instead of an empty list", async () => {
    expect((await get("/apps?segment=none")).status).toBe(404);
    expect((await get("/users?group=none")).status).toBe(404);
  });

  test("sessions by person and app: an id, a whole name or else a part of one, page by page", async () => {
    const { json } = await get("/users");
    const people = json.items as { id: string; email: string }[];
    const apps = (await get("/apps")).json.items as { id: string; name: string }[];
    const row = env.DB.prepare(
      `INSERT INTO sessions_index (id, kind, user_id, app_id, app_name, owner, ip, user_agent, created_at, expires_at)
       VALUES (?, 'app', ?, ?, ?, 'main/eu/0', '192.0.2.1', '', 1, 8000000000000000)`,
    );
    const sessionOf = (n: number, m: number) => `ses_01m8000000000000000000${n}${m}00`;
    await env.DB.batch(
      people.flatMap(({ id }, n) => apps.map((app, m) => row.bind(sessionOf(n, m), id, app.id, app.name))),
    );
    const found = async (query: string) =>
      ((await get(`/sessions?${query}`)).json.items as { email: string; appName: string }[]).map(
        ({ email, appName }) => `${email} ${appName}`,
      );
    expect(await found("user=bob@example.com&app=wiki")).toEqual(["bob@example.com wiki"]);
    expect((await found("user=BOB&app=wiki")).sort()).toEqual([
      "bob@example.com wiki",
      "notbob@example.com wiki",
    ]);
    expect(await found("user=notbob&app=wik")).toEqual(["notbob@example.com wiki"]);
    expect(await found("user=nobody")).toEqual([]);
    const first = await get("/sessions?user=example.com&limit=4");
    const second = await get(`/sessions?user=example.com&limit=4&cursor=${first.json.next}`);
    expect((first.json.items as unknown[]).length + (second.json.items as unknown[]).length).toBe(6);
    expect(second.json.next).toBe(null);
    expect(await found(`search=${sessionOf(1, 2)}`)).toHaveLength(1);
  });

  test("why a session was ended, and by whom behind a token, is in its record", async () => {
    const user = (await get("/users/bob@example.com")).json.id;
    const headers = { "x-rustronaut-note": encodeURIComponent("laptop lost") };
    await call(token, "POST", "/sessions/kill", { body: { by: "user", user }, headers });
    const { rows } = await auditObject(bindings).query({ target: String(user), limit: 1 });
    expect(rows[0]?.entry).toMatchObject({ action: "session.kill", note: "laptop lost" });
    const { json } = await get(`/audit?target=${user}&limit=1`);
    expect(Object.values(json.names as object).sort()).toEqual(["bob@example.com", "root"]);
  });
});

test("the one search finds segments, and what else has a name", async () => {
  const { json } = await get("/search?q=lab");
  expect(json.groups).toMatchObject(
    expect.arrayContaining([
      { kind: "segment", items: [{ title: "lab", detail: "lab things", id: expect.any(String) }] },
    ]),
  );
});
