import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Endpoint, mayCall } from "../../../shared/api/endpoint.ts";
import { ENDPOINT_LIST } from "../../../shared/api/endpoints.ts";
import type { Role } from "../../../shared/api/fields.ts";
import { openApiDocument } from "../../../shared/api/openapi.ts";
import { type System, startSystem } from "../../support/harness.ts";

let system: System;
const tokens: Partial<Record<Role | "deleted" | "service", string>> = {};
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  for (const role of ["auditor", "admin", "owner"] as const) {
    tokens[role] = (await system.admin.call("apiTokens.create", { body: { name: role, role } })).data.secret;
  }
  const { data } = await system.admin.call("apiTokens.create", { body: { name: "gone", role: "owner" } });
  tokens.deleted = data.secret;
  await system.admin.call("apiTokens.delete", {
    params: { apiToken: data.apiToken.id },
    ifMatch: '"1"',
  });
  tokens.service =
    (await system.admin.call("serviceTokens.create", { body: { name: "ci" } })).data.secret ?? "";
});
afterAll(() => system.stop());

/** The status of a call whose parameters name nothing, so that what is allowed changes nothing. Of a stream, too. */
function call({ path, body, method }: Endpoint, headers: Record<string, string>): Promise<number> {
  const { host } = new URL(system.hubOrigin);
  const options = { host: "127.0.0.1", port: system.port, path: path.replace(/\{\w+\}/g, "nothing"), method };
  const sent = { host, "content-type": "application/json", "if-match": '"1"', ...headers };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, headers: sent }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    outgoing.on("error", reject);
    outgoing.end(body ? "{}" : undefined);
  });
}

const paths = openApiDocument().paths as Record<string, Record<string, { responses: object }>>;
/** The statuses that the document promises for an operation. */
const documented = ({ path, method }: Endpoint): string[] => {
  return Object.keys(paths[path]?.[method.toLowerCase()]?.responses ?? {});
};

const GUARDED = ENDPOINT_LIST.filter((endpoint) => endpoint.role !== "public");

describe.each(GUARDED)("$id", (endpoint) => {
  it("refuses whoever proves nothing", async () => {
    const bad = ["Bearer x", "Basic eDp5", "Bearer rnapi_short", `Bearer ${tokens.deleted}`];
    bad.push(`Bearer ${tokens.service}`, "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln");
    expect(await call(endpoint, {})).toBe(401);
    for (const authorization of bad) expect(await call(endpoint, { authorization })).toBe(401);
  });
  it.each(["auditor", "admin", "owner"] as const)("answers the role %s by its rank", async (role) => {
    const allowed = mayCall(role, endpoint.role as Role);
    const status = await call(endpoint, { authorization: `Bearer ${tokens[role]}` });
    expect(documented(endpoint)).toContain(String(status));
    if (!allowed) expect(status).toBe(endpoint.method === "GET" ? 404 : 403);
    else {
      expect([401, 403]).not.toContain(status);
      expect(status).toBeLessThan(500);
    }
  });
});
