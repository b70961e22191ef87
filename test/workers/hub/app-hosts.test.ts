import { beforeAll, describe, expect, test } from "vitest";
import { applyRegistry } from "../registry.ts";
import { bindings, call, createNetwork } from "./world.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  await call(token, "POST", "/segments", { body: { name: "main" } });
});

const app = (name: string, more: object = {}) => ({
  ...{ name, host: `${name}.example.com`, segment: "main", upstreams: ["https://origin.example.net"] },
  ...more,
});
const create = (name: string, more: object = {}) => call(token, "POST", "/apps", { body: app(name, more) });
async function update(name: string, body: object) {
  const { json } = await call(token, "GET", `/apps/${name}`);
  return call(token, "PATCH", `/apps/${name}`, { body, headers: { "If-Match": `"${json.version}"` } });
}
const hostsOf = async (name: string) => (await call(token, "GET", `/apps/${name}`)).json.otherHosts;

describe("the hosts of an app", () => {
  test("come back as they were given, and are no change where they stay", async () => {
    const made = await create("shop", { otherHosts: ["api.shop.example.com", "img.shop.example.com"] });
    expect(made.status).toBe(201);
    await update("shop", { title: "Shop" });
    expect(await hostsOf("shop")).toEqual(["api.shop.example.com", "img.shop.example.com"]);
    const exported = await call(token, "GET", "/network/document");
    const { document, baseVersion } = exported.json as { document: { apps: object[] }; baseVersion: string };
    expect(document.apps).toEqual([
      expect.objectContaining({ otherHosts: ["api.shop.example.com", "img.shop.example.com"] }),
    ]);
    const plan = await call(token, "POST", "/network/plan", { body: { document } });
    expect(plan.json).toMatchObject({ steps: [], baseVersion });
  });

  test.each([
    ["another app's main host", ["shop.example.com"], 409],
    ["another app's further host", ["api.shop.example.com"], 409],
    ["its own main host", ["taker.example.com"], 422],
    ["the same twice", ["a.example.com", "a.example.com"], 422],
    ["a wildcard", ["*.example.com"], 422],
    ["capitals", ["API.example.com"], 422],
    ["letters of another script", ["bücher.example.com"], 422],
    ["a port", ["api.example.com:8443"], 422],
    ["a trailing dot", ["api.example.com."], 422],
    ["the sign-in host", [new URL(bindings.authOrigin).hostname], 409],
    ["the hub's", [new URL(bindings.hubOrigin).hostname], 409],
    ["more than five in all", ["a", "b", "c", "d", "e"].map((name) => `${name}.example.com`), 422],
  ])("can't be %s", async (_, otherHosts, status) => {
    expect((await create("taker", { otherHosts })).status).toBe(status);
    expect((await call(token, "GET", "/apps/taker")).status).toBe(404);
  });

  test("a main host can't be another app's further host", async () => {
    const taken = await create("thief", { host: "api.shop.example.com" });
    expect(taken.json).toMatchObject({ status: 409, detail: expect.stringContaining("of the app shop") });
  });

  test("an upstream can't be a further host of any app, nor become one", async () => {
    const upstreams = ["https://img.shop.example.com"];
    expect((await create("loop", { upstreams })).json).toMatchObject({ code: "upstream_forbidden" });
    await create("loop", { upstreams: ["https://own.example.com"] });
    const looped = await update("loop", { otherHosts: ["own.example.com"] });
    expect(looped.json).toMatchObject({ code: "upstream_forbidden" });
  });

  test("two apps that want one host at the same moment: one gets it", async () => {
    await Promise.all([create("one"), create("two")]);
    const body = { otherHosts: ["wanted.example.com"] };
    const answers = await Promise.all([
      update("one", body),
      update("two", body),
      create("three", { host: "wanted.example.com" }),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
  });

  test("a document moves a host from one app to another in one step", async () => {
    const given = (otherHosts: Record<string, string[]>) => ({
      version: 1,
      apps: Object.entries(otherHosts).map(([name, hosts]) => app(name, { otherHosts: hosts })),
    });
    const apply = async (document: object) => {
      const plan = await call(token, "POST", "/network/plan", { body: { document } });
      const { baseVersion } = plan.json;
      if (plan.status !== 200) return plan;
      return call(token, "POST", "/network/apply", { body: { document, baseVersion } });
    };
    expect((await apply(given({ ant: ["moving.example.com"], bee: [] }))).status).toBe(200);
    expect((await apply(given({ ant: [], bee: ["moving.example.com"] }))).status).toBe(200);
    expect(await hostsOf("bee")).toEqual(["moving.example.com"]);
    const both = await apply(given({ ant: ["moving.example.com"], bee: ["moving.example.com"] }));
    expect(both.json).toMatchObject({ status: 409, code: "conflict" });
    expect(await hostsOf("ant")).toEqual([]);
  });
});
