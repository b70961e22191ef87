import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { ENDPOINT_LIST } from "../../../shared/api/endpoints.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { installClient, nodesHere, runConsumer } from "./published-client.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const response = await localRequest(`${system.hubOrigin}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${system.adminToken}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    type: response.headers["content-type"],
    etag: String(response.headers.etag),
    json: response.text ? JSON.parse(response.text) : null,
  };
}
const create = (name: string, headers?: Record<string, string>) =>
  call("POST", "/groups", JSON.stringify({ name }), headers);
const describeGroup = (name: string, description: string, headers: Record<string, string>) =>
  call("PATCH", `/groups/${name}`, JSON.stringify({ description }), headers);

describe("If-Match", () => {
  it("is required, refuses the old and lets the right one through", async () => {
    const { etag } = await create("etag");
    expect((await describeGroup("etag", "a", {})).status).toBe(428);
    const changed = await describeGroup("etag", "b", { "if-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.etag).not.toBe(etag);
    expect((await describeGroup("etag", "c", { "if-match": etag })).status).toBe(412);
  });
  it("lets exactly one of parallel changes win", async () => {
    const { etag } = await create("race");
    const changes = ["a", "b", "c", "d"].map((text) => describeGroup("race", text, { "if-match": etag }));
    const statuses = (await Promise.all(changes)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412, 412, 412]);
  });
});

describe("Idempotency-Key", () => {
  it("gives the same answer again, and refuses another body", async () => {
    const key = { "idempotency-key": "same-request-0001" };
    const first = await create("once", key);
    expect(await create("once", key)).toEqual(first);
    expect(first.status).toBe(201);
    expect((await create("twice", key)).status).toBe(422);
  });
  it("has one effect in parallel", async () => {
    const key = { "idempotency-key": "parallel-request-1" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => create("parallel", key)));
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.id));
    expect(ids.size).toBe(1);
    for (const { status } of answers) expect([201, 409]).toContain(status);
  });
});

describe("pages", () => {
  it("walk all rows once", async () => {
    for (let i = 0; i < 7; i++) await create(`page-${i}`);
    const names: string[] = [];
    for (let cursor = ""; ; ) {
      const { json } = await call("GET", `/groups?limit=3${cursor}`);
      names.push(...json.items.map((group: { name: string }) => group.name));
      if (json.next === null) break;
      cursor = `&cursor=${encodeURIComponent(json.next)}`;
    }
    expect(names.filter((name) => name.startsWith("page-"))).toHaveLength(7);
    expect(new Set(names).size).toBe(names.length);
  });
  it.each(["limit=201", "limit=0", "limit=1e2", "cursor=%00", "cursor=***", "limit=1&limit=2", "x=1"])(
    "refuse %s",
    async (query) => {
      const { status } = await call("GET", `/groups?${query}`);
      expect([400, 422]).toContain(status);
    },
  );
});

describe("hostile bodies", () => {
  it.each([
    ["2 MB", JSON.stringify({ name: "x".repeat(2_000_000) })],
    ["depth 10,000", `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
    ["duplicate keys", '{"name":"a1","name":"b1"}'],
    ["__proto__", '{"name":"proto","__proto__":{"role":"owner"}}'],
    ["1e400", '{"name":1e400}'],
    ["a lone surrogate", '{"name":"a\\ud800b"}'],
    ["U+202E", '{"name":"a\\u202eb"}'],
    ["a BOM", '\ufeff{"name":"bom"}'],
    ["an unknown key", '{"name":"unknown","extra":1}'],
    ["nothing", ""],
  ])("%s is refused in words", async (_what, body) => {
    const { status, type, json } = await call("POST", "/groups", body);
    expect([400, 413, 422]).toContain(status);
    expect(type).toContain("application/problem+json");
    expect(json.code).toMatch(/^[a-z_]+$/);
  });
  it("of another type are refused", async () => {
    expect((await call("POST", "/groups", "{}", { "content-type": "text/plain" })).status).toBe(415);
  });
  it.each(["%00", "'%20OR%201=1--", "%22", "%2e%2e%2fusers", "%ff", "x".repeat(2000)])(
    "and the path parameter %s name nothing",
    async (name) => {
      const { status } = await call("GET", `/groups/${name}`);
      expect([400, 404]).toContain(status);
    },
  );
});

it("audit leaves beyond the end are refused in words", async () => {
  const { status, json } = await call("GET", "/audit/leaves?from=0&to=200");
  expect(status).toBe(422);
  expect(json.detail).toContain("ends at");
});

describe("the description of the API", () => {
  it("is served as OpenAPI 3.1, and as a page whose index leads to every operation", async () => {
    const { json } = await call("GET", "/openapi.json");
    expect(json.openapi).toMatch(/^3\.1\./);
    const { text } = await localRequest(`${system.hubOrigin}/api/v1/docs`);
    for (const { id } of ENDPOINT_LIST) {
      expect(text, id).toContain(`href="#${id}"`);
      expect(text, id).toContain(`<section id="${id}">`);
    }
  });
});

describe("the published client", () => {
  it("is installed alone, compiles for what the document says and for nothing else, and calls a hub", async () => {
    const folder = await installClient();
    for (const node of nodesHere())
      expect(runConsumer(folder, node, system.hubOrigin, system.adminToken), node).toEqual({
        changed: "changed by a program",
        listed: true,
        code: "not_found",
        asked: 6,
        stream: `${system.hubOrigin}/api/v1/decisions/stream`,
        never: 3,
      });
    const { json } = await call("GET", "/history?kind=group");
    expect(JSON.stringify(json)).toContain("a trial");
  });
});
