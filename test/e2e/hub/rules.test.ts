import { afterAll, beforeAll, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { CLIENT, type System, startSystem } from "../../support/harness.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
});
afterAll(() => system.stop());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await localRequest(`${system.hubOrigin}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${system.adminToken}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, etag: String(response.headers.etag), text: response.text };
}

it("a segment that apps use stays", async () => {
  const { etag } = await call("GET", "/segments/main");
  expect((await call("DELETE", "/segments/main", undefined, { "if-match": etag })).status).toBe(409);
  expect((await call("GET", "/segments/main")).status).toBe(200);
});

it("an invalid policy is refused with line and column", async () => {
  const { status, text } = await call("POST", "/policies", { name: "bad", source: "permit (\n  nobody" });
  expect(status).toBe(422);
  expect(text).toMatch(/"line":\d+.*"column":\d+/);
});

it("an unknown operator is refused", async () => {
  const source = `permit (principal, action, resource) when { context.request.path ~= "/a" };`;
  expect((await call("POST", "/policies", { name: "operator", source })).status).toBe(422);
});

it("secrets and hashes appear in no list and no export", async () => {
  for (const path of ["/identity-providers", "/api-tokens", "/network/document", "/service-tokens"]) {
    const { status, text } = await call("GET", path);
    expect(status).toBe(200);
    expect(text).not.toContain(CLIENT.secret);
    expect(text).not.toContain(system.adminToken);
    expect(text).not.toMatch(/secretHash|secret_hash/);
  }
});
