import { beforeAll, expect, test } from "vitest";
import { coordinatorObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, call, createNetwork } from "./world.ts";

let token: string;
beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
});

const APP = { name: "wiki", title: "Wiki", host: "wiki.localhost", upstreams: ["https://wiki.example.com"] };

/** What an isolate evaluates policies with, in an order in which each call finds what it needs. */
const OF_POLICIES: [method: string, path: string, body?: object][] = [
  ["POST", "/groups", { name: "outer" }],
  ["POST", "/groups", { name: "inner" }],
  ["PUT", "/groups/outer/members/group/inner"],
  ["POST", "/segments", { name: "lab" }],
  ["POST", "/apps", { ...APP, segment: "lab" }],
  ["POST", "/service-tokens", { name: "robot" }],
  ["POST", "/policies", { name: "all", source: "permit (principal, action, resource);" }],
  ["DELETE", "/groups/outer/members/group/inner"],
  // A gateway's pages name whom to ask.
  ["PATCH", "/network", { name: "renamed" }],
];
/** What concerns single users, nodes or administrators. */
const OF_OTHERS: typeof OF_POLICIES = [
  ["POST", "/users", { email: "ada@example.com" }],
  ["PUT", "/groups/inner/members/user/ada@example.com"],
  ["PATCH", "/users/ada@example.com", { status: "disabled" }],
  ["PATCH", "/users/ada@example.com", { status: "active" }],
  ["DELETE", "/groups/inner/members/user/ada@example.com"],
  ["POST", "/api-tokens", { name: "ci", role: "auditor" }],
];

async function raisedBy([method, path, body]: (typeof OF_POLICIES)[number]): Promise<number> {
  const before = await coordinatorObject(bindings).epoch();
  const { version } = method === "PATCH" ? (await call(token, "GET", path)).json : {};
  const headers = version === undefined ? {} : { "if-match": `"${version}"` };
  const { status, json } = await call(token, method, path, { headers, ...(body ? { body } : {}) });
  expect(status, `${method} ${path}: ${JSON.stringify(json)}`).toBeLessThan(300);
  return (await coordinatorObject(bindings).epoch()) - before;
}

test("the policy epoch rises once with each change of what policies are evaluated with, and with nothing else", async () => {
  for (const change of OF_POLICIES)
    expect([change[0], change[1], await raisedBy(change)]).toEqual([change[0], change[1], 1]);
  for (const change of OF_OTHERS)
    expect([change[0], change[1], await raisedBy(change)]).toEqual([change[0], change[1], 0]);
});

test("a declarative document raises it where it changes such a thing", async () => {
  const raisedByDocument = async (document: object) => {
    const plan = await call(token, "POST", "/network/plan", { body: { document } });
    return raisedBy(["POST", "/network/apply", { document, baseVersion: plan.json.baseVersion }]);
  };
  expect(await raisedByDocument({ version: 1, users: [{ email: "bob@example.com" }] })).toBe(0);
  expect(await raisedByDocument({ version: 1, groups: [{ name: "declared" }] })).toBe(1);
  expect(await raisedByDocument({ version: 1, serviceTokens: [{ name: "declared" }] })).toBe(1);
  expect(await raisedByDocument({ version: 1, network: { name: "declared" } })).toBe(1);
});
